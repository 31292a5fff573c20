package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"satchel/server/internal/tables"
	"satchel/syncproto"
)

// A question is what this program knows of one question of a questionnaire.
type question struct {
	Type    string   `json:"type"`
	Choices []string `json:"choices"`
}

// questionTypes are the types that a question may have.
func questionTypes() []string {
	return []string{"text", "number", "date", "choice", "choices", "photo", "position"}
}

// checkMeaning says what is wrong with a value that the type of its field allows, nil if nothing is.
func checkMeaning(collection, field string, value syncproto.Value) error {
	switch {
	case value.IsNull():
		return nil
	case collection == "questionnaires" && field == "questions":
		return checkQuestions(value)
	}
	return tables.CheckMeaning(collection, field, value)
}

// checkQuestions says what keeps a tablet from asking the questions of a questionnaire.
func checkQuestions(value syncproto.Value) error {
	var questions map[string]question
	if err := json.Unmarshal([]byte(value), &questions); err != nil {
		return errors.New("expected questions by name")
	}
	for name, q := range questions {
		if !slices.Contains(questionTypes(), q.Type) {
			return fmt.Errorf("question %q has no type that there is", name)
		}
		if (q.Type == "choice" || q.Type == "choices") && len(q.Choices) == 0 {
			return fmt.Errorf("question %q has no choices", name)
		}
	}
	return nil
}
