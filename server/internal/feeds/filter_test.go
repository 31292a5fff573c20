package feeds_test

import (
	"errors"
	"io"
	"net/url"
	"testing"

	"satchel/server/internal/feeds"
	"satchel/server/internal/store"
	"satchel/syncproto"
)

// FuzzFilter asks for rows by any $filter: it is refused in words, or the database understands what was made of it.
func FuzzFilter(f *testing.F) {
	for _, text := range []string{
		"head_name eq 'O''Neil' and not (status ne 'idp' or phone eq null)", "displaced_on ge 1999-06-12", "id gt 019a5b00-0000-7000-8000-000000000001",
		"deleted eq true", "not not (area eq null)", "quantity lt 1e400 or quantity gt -12.5", "delivered_at le 2020-04-30T14:05:00+02:00",
		"contains(head_name,'x')", "head_name eq 'x", "((", "a/b eq 1",
	} {
		f.Add("households", text)
		f.Add("deliveries", text)
	}
	s, _ := filled(f, 1, 1)
	f.Fuzz(func(t *testing.T, collection, text string) {
		v, known := feeds.Find(store.FeedToken{Collections: []string{collection}, Personal: true}, collection)
		if !known {
			return
		}
		q, err := feeds.Parse(v, url.Values{"$filter": {text}, "$count": {"true"}})
		if err == nil {
			err = feeds.WriteSet(t.Context(), s, q, "http://127.0.0.1", io.Discard)
		}
		var refused *syncproto.Problem
		if err != nil && !errors.As(err, &refused) {
			t.Error(err)
		}
	})
}
