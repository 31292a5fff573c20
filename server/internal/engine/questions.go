package engine

import (
	"context"

	"github.com/google/uuid"

	"satchel/server/internal/audit"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// collectionQuestions holds what the office asks the field: records as any other, which devices answer by an edit.
const collectionQuestions = "questions"

// A Question is what the office asked the field about a record.
type Question struct {
	ID uuid.UUID `json:"id"`
	// Field is the one that it is about, "" for all of the record.
	Field  string `json:"field"`
	Text   string `json:"text"`
	Asked  Maker  `json:"asked"`
	Closed bool   `json:"closed"`
	// Answer is what is shown as the answer, "" while there is none, and Answered who gave it.
	Answer   string `json:"answer"`
	Answered *Maker `json:"answered,omitempty"`
}

// Ask asks the field about a record, or a field of it, and gives the id of the question. It goes to the devices that have the
// household or activity that the record is, or belongs to now. It fails as not_found if there is no such record, as
// invalid without a text, or if the record belongs to no household or activity.
func (e *Engine) Ask(ctx context.Context, author, record uuid.UUID, field, text string) (uuid.UUID, error) {
	text, err := plain("question", text)
	if err != nil {
		return uuid.Nil, err
	}
	if text == "" {
		return uuid.Nil, syncproto.Refuse(syncproto.CodeInvalid, "A question has to say what is asked. Nothing was changed.")
	}
	question, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	err = e.commit(ctx, func(ctx context.Context, w *work) error {
		fields, err := w.asking(ctx, record, map[string]string{"about": record.String(), "field": field, "text": text})
		if err != nil {
			return err
		}
		if _, err := w.save(ctx, author, []OfficeEdit{{Collection: collectionQuestions, Record: question, Fields: fields}}); err != nil {
			return err
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.QuestionAsked, Subject: record.String(),
			Details: map[string]any{"question": question, "field": field, "text": text},
		})
	})
	return question, explain(err)
}

// asking gives the fields of a question about a record: those that are given, what the record is, and where it belongs.
func (w *work) asking(ctx context.Context, record uuid.UUID, texts map[string]string) (map[string]syncproto.Value, error) {
	r, exists, err := w.record(ctx, record)
	if err != nil {
		return nil, err
	}
	if !exists {
		return nil, syncproto.Refuse(syncproto.CodeNotFound, "There is no record of that id. Nothing was changed.")
	}
	texts["about_collection"] = r.Collection
	via := map[string]string{"households": "household", "activities": "activity"}
	for via[r.Collection] == "" {
		if r.Parent == uuid.Nil {
			return nil, syncproto.Refuse(syncproto.CodeInvalid, "Nobody in the field can be asked about a record of %s: it belongs to no household or activity. Nothing was changed.", texts["about_collection"])
		}
		if r, _, err = w.record(ctx, r.Parent); err != nil {
			return nil, err
		}
	}
	texts[via[r.Collection]] = r.ID.String()
	fields := map[string]syncproto.Value{}
	for name, text := range texts {
		if text == "" {
			continue
		}
		if fields[name], err = syncproto.ValueOf(text); err != nil {
			return nil, syncproto.Refuse(syncproto.CodeInvalid, "The %s cannot be kept: %v. Nothing was changed.", name, err)
		}
	}
	return fields, nil
}

// CloseQuestion says that the office wants no answer any more. The field sees that, and the question stays with its
// answer. It fails as not_found if there is no such question.
func (e *Engine) CloseQuestion(ctx context.Context, author, question uuid.UUID) error {
	return explain(e.commit(ctx, func(ctx context.Context, w *work) error {
		r, _, err := w.record(ctx, question)
		if err != nil {
			return err
		}
		if r.Collection != collectionQuestions {
			return syncproto.Refuse(syncproto.CodeNotFound, "There is no question of that id. Nothing was changed.")
		}
		fields := map[string]syncproto.Value{"closed": syncproto.True}
		if _, err := w.save(ctx, author, []OfficeEdit{{Collection: collectionQuestions, Record: question, Fields: fields}}); err != nil {
			return err
		}
		return audit.Append(ctx, w.tx, audit.Entry{
			At: w.now, Actor: author.String(), Action: audit.QuestionClosed, Subject: r.Value("about").Text(),
			Details: map[string]any{"question": question},
		})
	}))
}

// QuestionsAbout gives the questions about a record, in the order in which they were asked, with their answers: a hundred, or
// as many as come to 1 MiB.
func QuestionsAbout(ctx context.Context, tx *store.Tx, record uuid.UUID) ([]Question, error) {
	records, err := tx.QuestionsAbout(ctx, record, 100)
	if err != nil {
		return nil, err
	}
	var out []Question
	for bytes := 0; len(out) < len(records) && bytes < partBytes; {
		r := records[len(out)]
		q := Question{
			ID: r.ID, Field: r.Value("field").Text(), Text: r.Value("text").Text(), Answer: r.Value("answer").Text(),
			Closed: r.Value("closed") == syncproto.True,
		}
		asked, err := writerOf(ctx, tx, r, "text")
		if err != nil {
			return nil, err
		}
		q.Asked = *asked
		if q.Answer != "" {
			if q.Answered, err = writerOf(ctx, tx, r, "answer"); err != nil {
				return nil, err
			}
		}
		out = append(out, q)
		bytes += len(q.Field) + len(q.Text) + len(q.Answer)
	}
	return out, nil
}

// writerOf finds who wrote what is shown in a field of a record.
func writerOf(ctx context.Context, tx *store.Tx, r store.Record, field string) (*Maker, error) {
	shown, _ := r.State[field].Shown()
	made, err := originsOf(ctx, tx, []syncproto.Version{shown.Version})
	if err != nil {
		return nil, err
	}
	m, err := MakerOf(ctx, tx, made[shown.Version])
	return &m, err
}
