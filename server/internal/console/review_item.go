package console

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// An itemHead is what the pages of all items have in common.
type itemHead struct {
	queueLine
	Query reviewQuery
	// Earlier and Later are the items before and behind it in the list from which somebody came, "" if there is none.
	Earlier, Later string
	People         []store.User
	// DecidedBy is who decided on it, "" if no decision holds.
	DecidedBy string
	// File is the address of the household that it is about, or that its record belongs to, "" if there is none.
	File string
}

// Act gives the address to which a form of the item is sent.
func (h itemHead) Act(what string) string {
	return h.Query.Here("/review/" + h.ID.String() + "/" + what)
}

// file gives the address of the household that an item is about, or that its record belongs to, "" if there is none.
func (v *Visit) file(l review.Line) (string, error) {
	household := l.Fields["household"].ID()
	if l.Collection == "households" {
		household = l.Record
	}
	r, _, err := v.find(household)
	if err != nil || r.Collection != "households" {
		return "", err
	}
	return "/households/" + household.String(), nil
}

// AssigneeID names who sees to the item, "" if nobody does.
func (h itemHead) AssigneeID() string {
	if h.Assignee == nil {
		return ""
	}
	return h.Assignee.String()
}

func (c *Console) showItem(v *Visit) error {
	name, data, err := c.item(v)
	if err != nil {
		return err
	}
	return v.page(name, data)
}

// itemAgain shows the item of the path as it is by now, and why what was asked for was not done.
func (c *Console) itemAgain(v *Visit, problem error) error {
	var p *syncproto.Problem
	if !errors.As(problem, &p) || p.Status >= http.StatusInternalServerError {
		return problem
	}
	name, data, err := c.item(v)
	if err != nil {
		return err
	}
	return v.again(problem, name, data)
}

// item gives the page of the item of the path, with what the form of the request holds, if there is one.
func (c *Console) item(v *Visit) (name string, data any, err error) {
	id, err := v.id("id")
	if err != nil {
		return "", nil, err
	}
	line, err := c.Reviews.Line(v.ctx(), id)
	if err != nil {
		return "", nil, err
	}
	detail, err := c.Reviews.Show(v.ctx(), id)
	if err != nil {
		return "", nil, err
	}
	head, err := c.head(v, line)
	if err != nil {
		return "", nil, err
	}
	switch line.Kind {
	case review.Conflict:
		data, err = c.conflictPage(v, head, detail)
	case review.Held:
		data, err = c.heldPage(v, head, detail)
	case review.Duplicate:
		data, err = c.duplicatePage(v, head, detail)
	case review.OverDelivery:
		data, err = c.overPage(v, head, detail)
	default:
		data, err = c.plainPage(v, head, detail)
	}
	return "review/" + line.Kind, data, err
}

// head gives what the page of an item begins with.
func (c *Console) head(v *Visit, line review.Line) (out itemHead, err error) {
	q := v.reviewQuery()
	out = itemHead{Query: q}
	if out.queueLine, err = v.queueLine(q, line); err != nil {
		return out, err
	}
	if out.Earlier, err = c.beside(v, q, line.ID, true); err != nil {
		return out, err
	}
	if out.Later, err = c.beside(v, q, line.ID, false); err != nil {
		return out, err
	}
	if out.File, err = v.file(line); err != nil {
		return out, err
	}
	if line.State == review.Decided {
		if out.DecidedBy, err = v.NameOf(line.Decision.By); err != nil {
			return out, err
		}
	}
	out.People, err = c.administrators(v)
	return out, err
}

// beside gives the address of the item before or behind one, "" if there is none.
func (c *Console) beside(v *Visit, q reviewQuery, id uuid.UUID, back bool) (string, error) {
	lines, _, err := c.Reviews.Lines(v.ctx(), q.list(v.User().ID, id, back, 1))
	if err != nil || len(lines) == 0 {
		return "", err
	}
	return q.Here("/review/" + lines[0].ID.String()), nil
}

// act does what a form says about the item of the path, and goes on to the item itself or, if the form says so, to the next one.
func (c *Console) act(v *Visit, said string, do func(id uuid.UUID) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		return c.itemAgain(v, err)
	}
	q := v.reviewQuery()
	if v.form("next") == "" {
		return v.goTo(q.Here("/review/"+id.String()), said)
	}
	next, err := c.beside(v, q, id, false)
	if err != nil {
		return err
	}
	if next == "" {
		next = q.Here("/review")
	}
	return v.goTo(next, said)
}

// because gives the reason that a form gives, and refuses none.
func (v *Visit) because() (string, error) {
	reason := v.form("reason")
	if reason == "" {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "A reason has to be given. Nothing was changed.")
	}
	return reason, nil
}

func (c *Console) decide(v *Visit) error {
	return c.act(v, "review_decided", func(id uuid.UUID) error {
		reason, err := v.because()
		if err != nil {
			return err
		}
		return c.Reviews.Decide(v.ctx(), v.User().ID, id, v.form("decision"), reason, v.form("digest"))
	})
}

func (c *Console) reopen(v *Visit) error {
	return c.act(v, "review_reopened", func(id uuid.UUID) error {
		reason, err := v.because()
		if err != nil {
			return err
		}
		return c.Reviews.Reopen(v.ctx(), v.User().ID, id, reason)
	})
}

// assign says who sees to an item; "me" is who asks. From the list, it goes back to that.
func (c *Console) assign(v *Visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	to := uuid.Nil
	switch text := v.form("user"); text {
	case "":
	case "me":
		to = v.User().ID
	default:
		if to, err = readID(text); err != nil {
			return err
		}
	}
	if err := c.Reviews.Assign(v.ctx(), v.User().ID, id, to); err != nil {
		return c.itemAgain(v, err)
	}
	q := v.reviewQuery()
	if v.form("from_list") != "" {
		return v.goTo(q.Here("/review"), "review_assigned")
	}
	return v.goTo(q.Here("/review/"+id.String()), "review_assigned")
}
