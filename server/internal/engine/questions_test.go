package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server/internal/engine"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// about gives the questions about a record.
func (o *office) about(record uuid.UUID) (out []engine.Question) {
	o.t.Helper()
	o.write(func(ctx context.Context, tx *store.Tx) (err error) {
		out, err = engine.QuestionsAbout(ctx, tx, record)
		return err
	})
	return out
}

// ask asks about the phone of a record.
func (o *office) ask(record uuid.UUID, text string) uuid.UUID {
	o.t.Helper()
	question, err := o.engine.Ask(o.t.Context(), o.admin, record, "phone", text)
	if err != nil {
		o.t.Fatal(err)
	}
	return question
}

// make makes a record at the office.
func (o *office) make(collection string, pairs ...string) uuid.UUID {
	id := newID(o.t)
	fields := map[string]syncproto.Value{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = text(pairs[i+1])
	}
	o.save(engine.OfficeEdit{Collection: collection, Record: id, Fields: fields})
	return id
}

func TestAQuestionGoesWhereItsRecordIsAndIsAnsweredThere(t *testing.T) {
	o, one, _, household := two(t)
	person := o.make("people", "household", household.String(), "name", "Ana")
	project := o.make("projects", "code", "P", "title", "Project")
	activity := o.make("activities", "project", project.String(), "area", o.a.String(), "kind", "training", "title", "Welding")
	elsewhere := o.tablet("elsewhere", o.b)
	for name, record := range map[string]uuid.UUID{
		"a household": household, "its person": person, "an activity": activity,
		"whose part in an activity": o.make("participations", "activity", activity.String(), "person", person.String()),
		"a person's livelihood":     o.make("livelihoods", "person", person.String(), "household", household.String(), "project", project.String()),
	} {
		question := o.ask(record, " What of "+name+"? ")
		one.sync()
		elsewhere.sync()
		_, strayed := elsewhere.records[question]
		if got := one.shows(question, "text"); got != "What of "+name+"?" || one.shows(question, "about") != record.String() || strayed {
			t.Errorf("%s: the tablet shows %q, and one elsewhere has it: %v", name, got, strayed)
		}
		one.edit("questions", question, map[string]syncproto.Value{"answer": text("That of " + name), "answered_at": "5"})
		one.sync()
		got := o.about(record)
		if len(got) != 1 || got[0].ID != question || got[0].Answer != "That of "+name || got[0].Answered.DeviceName != "one" || got[0].Asked.AuthorName != "Ana Admin" || got[0].Field != "phone" || got[0].Closed {
			t.Errorf("%s: the questions are %+v, want the one with its answer", name, got)
		}
	}
	second := o.ask(household, "And now?")
	got := o.about(household)
	if len(got) != 2 || got[1].ID != second || got[1].Answer != "" || got[1].Answered != nil {
		t.Errorf("the questions are %+v, want the second without an answer behind the first", got)
	}
	if err := o.engine.CloseQuestion(t.Context(), o.admin, second); err != nil {
		t.Fatal(err)
	}
	if got := o.about(household); !got[1].Closed || got[0].Closed {
		t.Errorf("closed, the questions are %+v, want the second to be", got)
	}
	if list := strings.Join(o.logged(), " "); strings.Count(list, "question.asked") != 6 || strings.Count(list, "question.closed") != 1 {
		t.Errorf("the audit log has %s, want six questions and a closing", list)
	}
}

func TestAQuestionThatNobodyCanAnswerIsRefused(t *testing.T) {
	o, _, _, household := two(t)
	project := o.make("projects", "code", "P", "title", "Project")
	for _, c := range []struct {
		what, text string
		record     uuid.UUID
		want       syncproto.Code
	}{
		{"without a text", " ", household, syncproto.CodeInvalid},
		{"with a NUL", "\x00", household, syncproto.CodeInvalid},
		{"about what everybody has", "Why?", project, syncproto.CodeInvalid},
		{"about nothing", "Why?", newID(t), syncproto.CodeNotFound},
	} {
		if _, err := o.engine.Ask(t.Context(), o.admin, c.record, "", c.text); code(err) != c.want {
			t.Errorf("a question %s: %v, want %s", c.what, err, c.want)
		}
	}
	if err := o.engine.CloseQuestion(t.Context(), o.admin, household); code(err) != syncproto.CodeNotFound {
		t.Errorf("closing a household: %v, want not_found", err)
	}
	if got := o.logged(); len(got) != 0 {
		t.Errorf("the audit log has %v, want nothing", got)
	}
}

// A device that makes questions without end does not fill the memory of who looks at the record.
func TestQuestionsAboutARecordAreBounded(t *testing.T) {
	o, one, _, household := two(t)
	flood := func(number, bytes int) {
		for range number {
			one.edit("questions", newID(t), map[string]syncproto.Value{
				"household": text(household.String()), "about": text(household.String()), "about_collection": text("households"), "text": text(strings.Repeat("?", bytes)),
			})
		}
		one.sync()
	}
	flood(110, 1)
	if got := len(o.about(household)); got != 100 {
		t.Errorf("of 110 questions come %d, want 100", got)
	}
	other := one.household(o.a, "Other")
	household = other
	flood(40, 30_000)
	if got := len(o.about(household)); got != 35 {
		t.Errorf("of 40 questions of 30 kB come %d, want 35", got)
	}
}
