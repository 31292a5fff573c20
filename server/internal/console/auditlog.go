package console

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// auditPage is what the page of the audit log shows.
type auditPage struct {
	Entries []auditEntry
	// Next is before which number the next page begins, 0 if there is none.
	Next int64
	// Checked says that the whole log was followed, and Report what came of it.
	Checked bool
	Report  audit.Report
}

// An auditEntry is a row of the audit log in words.
type auditEntry struct {
	store.AuditRow
	Who, What, About string
	Lines            []string
	Erased           bool
}

const (
	// auditStep is how many rows a page shows.
	auditStep = 50
	// auditAtOnce is up to how many rows the log is followed whenever the page is shown; beyond, when it is asked for.
	auditAtOnce = 5000
)

// auditLog shows the audit log, the last decision first.
func (c *Console) auditLog(v *Visit) error {
	before, err := strconv.ParseInt(v.query("before"), 10, 64)
	if err != nil || before < 1 {
		before = math.MaxInt64
	}
	var page auditPage
	var rows []store.AuditRow
	err = c.Store.Read(v.ctx(), func(tx *store.Tx) (err error) {
		if rows, err = tx.AuditBefore(v.ctx(), before, auditStep+1); err != nil || len(rows) == 0 {
			return err
		}
		if page.Checked = rows[0].Seq <= auditAtOnce || v.query("check") != ""; page.Checked {
			page.Report, err = audit.Verify(v.ctx(), tx, "")
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(rows) > auditStep {
		rows = rows[:auditStep]
		page.Next = rows[auditStep-1].Seq
	}
	for _, row := range rows {
		entry, err := v.auditEntry(row)
		if err != nil {
			return err
		}
		page.Entries = append(page.Entries, entry)
	}
	return v.page("settings/audit", page)
}

// auditEntry says a row in words.
func (v *Visit) auditEntry(row store.AuditRow) (out auditEntry, err error) {
	out = auditEntry{AuditRow: row, What: wordOr(v.Words, "audit."+row.Action, row.Action), Erased: row.Details == ""}
	if out.Who, err = v.subject(row.Actor); err != nil {
		return out, err
	}
	if row.Actor == uuid.Nil.String() {
		out.Who = ""
	}
	if out.About, err = v.subject(row.Subject); err != nil || out.Erased {
		return out, err
	}
	out.Lines, err = v.details(row.Details)
	return out, err
}

// subject says in words what an entry is about: a record, user or device, a change, or a collection.
func (v *Visit) subject(text string) (string, error) {
	if version, err := syncproto.ParseVersion(text); err == nil {
		name, err := v.NameOf(version.Device)
		return name + " : " + strconv.FormatInt(version.N, 10), err
	}
	if isID(text) {
		id, err := readID(text)
		if err != nil {
			return "", err
		}
		return v.NameOf(id)
	}
	if text == "" || text == uuid.Nil.String() {
		return "", nil
	}
	return collectionName(v.Words, text), nil
}

// details says what else matters of an entry, with names in the place of ids.
func (v *Visit) details(text string) (out []string, err error) {
	members, _ := reads[map[string]json.RawMessage](json.RawMessage(text)) // what is no object has no members
	for _, name := range slices.Sorted(maps.Keys(members)) {
		said, err := v.detail(members[name])
		if err != nil {
			return nil, err
		}
		if said != "" {
			out = append(out, name+": "+said)
		}
	}
	return out, nil
}

// reads reads JSON of one type, if it is of that.
func reads[T any](raw json.RawMessage) (out T, ok bool) {
	err := json.Unmarshal(raw, &out)
	return out, err == nil
}

func (v *Visit) detail(raw json.RawMessage) (string, error) {
	if one, ok := reads[string](raw); ok {
		return v.subject(one)
	}
	list, ok := reads[[]string](raw)
	if !ok {
		return string(raw), nil
	}
	for i, item := range list {
		said, err := v.subject(item)
		if err != nil {
			return "", err
		}
		list[i] = said
	}
	return strings.Join(list, ", "), nil
}
