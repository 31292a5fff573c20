package server_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"satchel/server"
	"satchel/syncproto"
)

// A server that runs tells webhooks, and ends while one is at it.
func TestAServerThatRunsTellsWebhooks(t *testing.T) {
	told := make(chan string, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		told <- string(text)
		<-r.Context().Done() // it never answers
	}))
	t.Cleanup(receiver.Close)
	o := newOffice(t)
	o.stop()
	at := o.place()
	at.Listen, at.WebhookAllow = "127.0.0.1:0", []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	srv, _ := opened(t, at)
	if _, err := srv.Accounts.AddWebhook(t.Context(), o.admin, receiver.URL, "record.changed"); err != nil {
		t.Fatal(err)
	}
	_, stop := run(t, srv)
	id := newID(t)
	edit := server.OfficeEdit{Collection: "projects", Record: id, Fields: map[string]syncproto.Value{"code": `"P"`, "title": `"T"`}}
	if _, err := srv.Engine.Save(t.Context(), o.admin, []server.OfficeEdit{edit}); err != nil {
		t.Fatal(err)
	}
	if got := <-told; !strings.Contains(got, id.String()) {
		t.Errorf("it tells %s", got)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
