package console

import (
	"strings"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/syncproto"
)

// settle decides the fields that a form shows: all of them, or none.
func (c *Console) settle(v *Visit) error {
	return c.act(v, "review_settled", func(id uuid.UUID) error {
		detail, err := c.Reviews.Show(v.ctx(), id)
		if err != nil {
			return err
		}
		now := map[string]engine.Conflict{}
		for _, conflict := range detail.Conflicts {
			now[conflict.Field] = conflict
		}
		var list []engine.Settlement
		overruled := false
		for _, field := range v.Request.Form["field"] {
			s, err := v.settlement(field, now[field])
			if err != nil {
				return err
			}
			list = append(list, s)
			overruled = overruled || overrules(now[field], s)
		}
		reason := v.form("reason")
		if overruled {
			if reason, err = v.because(); err != nil {
				return err
			}
		}
		_, err = c.Engine.SettleRecord(v.ctx(), v.User().ID, detail.Record, list, reason)
		return err
	})
}

// settlement reads what a form makes of a field. What clashes by now tells the value of a version that is taken.
func (v *Visit) settlement(field string, now engine.Conflict) (engine.Settlement, error) {
	out := engine.Settlement{Field: field, Value: syncproto.Null}
	for _, text := range strings.Fields(v.form("heads." + field)) {
		version, err := syncproto.ParseVersion(text)
		if err != nil {
			return out, syncproto.Refuse(syncproto.CodeInvalid, "What clashed is not named as it should be. Nothing was changed; look at the record again.")
		}
		out.Heads = append(out.Heads, version)
	}
	take := v.form("take." + field)
	switch {
	case take == "":
		return out, syncproto.Refuse(syncproto.CodeInvalid, "It is not decided yet what becomes of %q. Nothing was changed.", fieldName(v.Words, now.Collection, field))
	case len(now.Sides) == 0:
		return out, nil // nothing clashes there by now, and the engine refuses it
	case take == "other":
		value, err := v.typed(now.Collection, now.Record, field, v.form("other."+field))
		out.Value = value
		return out, err
	case field == syncproto.FieldDeleted && (take == "delete" || take == "keep"):
		out.Value = map[string]syncproto.Value{"delete": syncproto.True, "keep": syncproto.False}[take]
		return out, nil
	}
	for _, side := range now.Sides {
		if side.Field == field && side.Version.String() == take {
			out.Value = side.Value
			return out, nil
		}
	}
	return out, syncproto.Refuse(syncproto.CodeStale, "Other values clash by now than those that you saw: %s. Nothing was changed; look at the record again.", field)
}

// overrules reports whether a settlement makes another value of what everybody sees now.
func overrules(now engine.Conflict, s engine.Settlement) bool {
	for _, side := range now.Sides {
		if now.Field == syncproto.FieldDeleted && side.Field == syncproto.FieldDeleted {
			return side.Shown != (s.Value == side.Value)
		}
		if side.Shown && side.Field == now.Field {
			return side.Value != s.Value
		}
	}
	return false
}

// askField asks the field about the record of an item, or says that no answer is wanted any more.
func (c *Console) askField(v *Visit) error {
	closing := v.form("close")
	said := "review_asked"
	if closing != "" {
		said = "review_question_closed"
	}
	return c.act(v, said, func(id uuid.UUID) error {
		if closing != "" {
			asked, err := readID(closing)
			if err != nil {
				return err
			}
			return c.Engine.CloseQuestion(v.ctx(), v.User().ID, asked)
		}
		item, err := c.Reviews.Line(v.ctx(), id)
		if err != nil {
			return err
		}
		_, err = c.Engine.Ask(v.ctx(), v.User().ID, item.Record, v.form("about"), v.form("text"))
		return err
	})
}

// undo takes decisions back: one, those of one form, or all of one application of a rule.
func (c *Console) undo(v *Visit) error {
	version, err := syncproto.ParseVersion(v.form("version"))
	if err != nil {
		return syncproto.Refuse(syncproto.CodeNotFound, "The form names no decision. Nothing was changed.")
	}
	reason, err := v.because()
	if err == nil {
		switch v.form("what") {
		case "bulk":
			_, _, err = c.Engine.UndoBulk(v.ctx(), v.User().ID, version, reason)
		case "form":
			_, err = c.Engine.UndoForm(v.ctx(), v.User().ID, version, reason)
		default:
			_, err = c.Engine.Undo(v.ctx(), v.User().ID, version, reason)
		}
	}
	if err != nil {
		return err
	}
	return v.goTo(within(v.form("back"), "/review/decided"), "review_undone")
}
