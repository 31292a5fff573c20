package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"satchel/internal/language"
	"satchel/server/internal/accounts"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// A Visit is one request for a page.
type Visit struct {
	Request  *http.Request
	Response http.ResponseWriter
	// Session is who is logged in, with a blank User if nobody is.
	Session accounts.Session
	Words   language.Words
	// Plain says that the page travels in the clear, to somebody who has no other way yet.
	Plain bool

	console *Console
	names   map[uuid.UUID]string // those that were looked up for this page
	reached map[uuid.UUID]bool   // whether areas are within reach, as far as that was asked
}

// Visit begins the visit of who is logged in with a session, the zero Session for nobody. The form of the request, if it has
// one, has been read.
func (c *Console) Visit(w http.ResponseWriter, r *http.Request, s accounts.Session) *Visit {
	return &Visit{Request: r, Response: w, Session: s, Words: c.wordsFor(r), console: c}
}

// User gives who is logged in.
func (v *Visit) User() store.User { return v.Session.User }

// IsAdministrator reports whether an administrator is logged in.
func (v *Visit) IsAdministrator() bool { return v.User().Role == accounts.RoleAdministrator }

// LoggedIn reports whether anybody is.
func (v *Visit) LoggedIn() bool { return v.User().ID != uuid.Nil }

func (v *Visit) ctx() context.Context { return v.Request.Context() }

// id reads a UUID of the path.
func (v *Visit) id(name string) (uuid.UUID, error) { return readID(v.Request.PathValue(name)) }

func readID(text string) (uuid.UUID, error) {
	id, err := syncproto.ParseID(text)
	if err != nil {
		return id, syncproto.Refuse(syncproto.CodeNotFound, "The address names nothing that there can be. Nothing was changed.")
	}
	return id, nil
}

// formIDs reads the UUIDs that a form gives by one name.
func (v *Visit) formIDs(name string) ([]uuid.UUID, error) {
	var out []uuid.UUID
	for _, text := range v.Request.Form[name] {
		if text == "" {
			continue
		}
		id, err := readID(text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// form gives what a form says by a name, without space around it.
func (v *Visit) form(name string) string { return strings.TrimSpace(v.Request.FormValue(name)) }

// query gives what the address says by a name.
func (v *Visit) query(name string) string { return v.Request.URL.Query().Get(name) }

// goTo sends the browser to another page, which says what was done: said is a key of "said", or "".
func (v *Visit) goTo(path, said string) error {
	if said != "" {
		at, err := url.Parse(path)
		if err != nil {
			return err
		}
		query := at.Query()
		query.Set("said", said)
		at.RawQuery = query.Encode()
		path = at.String()
	}
	v.Response.Header().Set("Location", path)
	v.Response.WriteHeader(http.StatusSeeOther)
	return nil
}

// within gives a path if it is one on this server, and otherwise another one: where a form says where to go on, nobody is sent
// elsewhere.
func within(path, otherwise string) string {
	at, err := url.Parse(path)
	if err != nil || at.Host != "" || at.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return otherwise
	}
	return path
}

// moment gives the moment of a time in milliseconds, in the office's zone.
func (v *Visit) moment(ms int64) time.Time { return time.UnixMilli(ms).In(v.console.Zone) }
