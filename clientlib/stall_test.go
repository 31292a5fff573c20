package clientlib

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"
)

func TestALinkThatGoesSilentIsGivenUpOn(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/enrol" {
			fmt.Fprint(w, `{"device":"019ab000-0000-7000-8000-000000000001","access":"a","expires_in":900,"refresh":"r"}`)
			return
		}
		fmt.Fprint(w, "x")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		<-end
	}))
	defer server.Close()
	defer close(end)
	s, err := Create(t.Context(), filepath.Join(t.TempDir(), "store.db"), "246810", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.stall = 50 * time.Millisecond
	if err := s.Enrol(t.Context(), server.URL, "CODE", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sync(t.Context(), nil); !errors.Is(err, ErrLink) {
		t.Errorf("got %v", err)
	}
}
