package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"satchel/server/internal/indicators"
	"satchel/syncproto"
)

// defineRoutes are those by which administrators say what is counted.
func (c *Console) defineRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/programme/define", Access: Administrator, Handle: c.askDefinition},
		{Method: http.MethodPost, Path: "/programme/define", Access: Administrator, Handle: c.define},
		{Method: http.MethodPost, Path: "/programme/targets", Access: Administrator, Handle: c.setTarget},
		{Method: http.MethodPost, Path: "/programme/undefine", Access: Administrator, Handle: c.undefine},
	}
}

// A definePage is an indicator as a form has it, and a target for it.
type definePage struct {
	// Known says that there is such an indicator.
	Known                   bool
	Code, Title, Definition string
	// Seen is the digest of the indicator that the form shows, "" for a new one.
	Seen string
	// Counts says in words what the definition that is in force counts.
	Counts                  string
	Project, Due, Value     string
	Projects                []project
	DefinitionBad, ValueBad bool
}

// definePage gives the page of the indicator of a code, which need not be there.
func (v *Visit) definePage(code string) (definePage, error) {
	page := definePage{Code: code}
	lists, err := v.console.programmeLists(v.ctx())
	page.Projects = lists.Projects
	for _, i := range lists.Indicators {
		if i.Code == code {
			page.Known, page.Title, page.Counts, page.Definition, page.Seen = true, i.Title, i.Counts, indented(i.Definition), i.Digest()
		}
	}
	return page, err
}

// indented writes JSON so that people can read it.
func indented(text syncproto.Value) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return string(text)
	}
	return out.String()
}

func (c *Console) askDefinition(v *Visit) error {
	page, err := v.definePage(v.query("code"))
	if err != nil {
		return err
	}
	return v.page("programme/define", page)
}

// refused makes a problem of what is wrong with what somebody wrote.
func refused(err error) error {
	if !errors.Is(err, indicators.ErrQuery) {
		return err
	}
	text := err.Error()
	return syncproto.Refuse(syncproto.CodeInvalid, "%s. Nothing was changed.", strings.ToUpper(text[:1])+text[1:])
}

func (c *Console) define(v *Visit) error {
	page, err := v.definePage(v.form("code"))
	if err != nil {
		return err
	}
	page.Title, page.Definition, page.Seen = v.form("title"), v.form("definition"), v.form("seen")
	if page.Seen == "" {
		page.Known, page.Counts = false, "" // what has that code is not what the form is about
	}
	if page.Code == "" || page.Title == "" || page.Definition == "" {
		err = syncproto.Refuse(syncproto.CodeInvalid, "An indicator needs a code, a title and a definition. Nothing was changed.")
	} else {
		_, err = indicators.SetSeen(v.ctx(), c.Engine, v.User().ID, page.Seen, page.Code, page.Title, page.Definition)
	}
	if err != nil {
		page.DefinitionBad = page.Definition == "" || errors.Is(err, indicators.ErrQuery)
		return v.again(refused(err), "programme/define", page)
	}
	return v.goTo("/programme/define?code="+url.QueryEscape(page.Code), "defined")
}

func (c *Console) setTarget(v *Visit) error {
	page, err := v.definePage(v.form("code"))
	if err != nil {
		return err
	}
	page.Project, page.Due, page.Value = v.form("project"), v.form("due"), v.form("value")
	if err := indicators.SetTarget(v.ctx(), c.Store, c.Engine, v.User().ID, page.Code, page.Project, page.Due, page.Value); err != nil {
		page.ValueBad = true
		return v.again(refused(err), "programme/define", page)
	}
	return v.goTo("/programme/define?code="+url.QueryEscape(page.Code), "target_set")
}

func (c *Console) undefine(v *Visit) error {
	page, err := v.definePage(v.form("code"))
	if err != nil {
		return err
	}
	if err := indicators.Remove(v.ctx(), c.Store, c.Engine, v.User().ID, page.Code); err != nil {
		return v.again(refused(err), "programme/define", page)
	}
	return v.goTo("/programme", "undefined")
}
