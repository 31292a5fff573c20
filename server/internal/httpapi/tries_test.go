package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"satchel/server"
	"satchel/syncproto"
)

func TestOnlyTriesInVainAreBounded(t *testing.T) {
	srv, err := server.Open(t.Context(), server.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	web := httptest.NewServer(srv.Handler())
	defer web.Close()
	admin, err := srv.Accounts.AddUser(t.Context(), uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator"})
	if err != nil {
		t.Fatal(err)
	}
	area := uuid.Must(uuid.NewV7())
	_, err = srv.Engine.Save(t.Context(), admin.ID, []server.OfficeEdit{{
		Collection: "areas", Record: area, Fields: map[string]syncproto.Value{"name": `"Kraljevo"`, "level": `"municipality"`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	invite := func() string {
		made, err := srv.Accounts.Invite(t.Context(), admin.ID, admin.ID, "tablet", []uuid.UUID{area})
		if err != nil {
			t.Fatal(err)
		}
		return made.Code
	}
	for i := range 30 {
		if got := enrol(t, web.URL, invite()); got != http.StatusCreated {
			t.Fatalf("tablet %d of an office was answered %d, want %d", i+1, got, http.StatusCreated)
		}
	}
	for i := range 10 {
		if got := enrol(t, web.URL, "0000-0000-0000"); got != http.StatusUnauthorized {
			t.Fatalf("wrong code %d was answered %d, want %d", i+1, got, http.StatusUnauthorized)
		}
	}
	for _, code := range []string{"0000-0000-0000", invite()} {
		if got := enrol(t, web.URL, code); got != http.StatusTooManyRequests {
			t.Errorf("after ten tries in vain another was answered %d, want %d", got, http.StatusTooManyRequests)
		}
	}
}

// enrol tries an enrolment code and gives the status of the answer.
func enrol(t *testing.T, address, code string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"code": code})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/v1/enrol", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
