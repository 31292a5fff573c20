package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestTheLaterLinkOfADeviceStays has two links of a device begin in the one order and in the other: it is the earlier one
// that is dead.
func TestTheLaterLinkOfADeviceStays(t *testing.T) {
	for name, order := range map[string][]string{"in the order in which they came": {"1", "2"}, "in the other order": {"2", "1"}} {
		t.Run(name, func(t *testing.T) {
			l := &links{byDevice: map[uuid.UUID]*link{}}
			came, begun := make(chan bool), make(chan bool)
			goOn := map[string]chan bool{"1": make(chan bool), "2": make(chan bool)}
			both := make(chan bool)
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				place := l.come()
				came <- true
				<-goOn[r.Header.Get("Link")]
				defer l.begin(uuid.Max, place, w)()
				begun <- true
				<-both
				if _, err := io.Copy(w, r.Body); err != nil {
					panic(http.ErrAbortHandler)
				}
			}))
			defer web.Close()
			answers := map[string]chan error{}
			for _, name := range []string{"1", "2"} {
				answers[name] = make(chan error, 1)
				go func() { answers[name] <- push(t, web.URL, name) }()
				<-came
			}
			for _, name := range order {
				goOn[name] <- true
				<-begun
			}
			close(both)
			if err := <-answers["1"]; err == nil {
				t.Error("the earlier link was not broken off")
			}
			if err := <-answers["2"]; err != nil {
				t.Errorf("the later link: %v", err)
			}
		})
	}
}

// push sends a body over a link of its own, and reads the answer.
func push(t *testing.T, url, name string) error {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(strings.Repeat("x", 1<<20)))
	if err != nil {
		return err
	}
	req.Header.Set("Link", name)
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return errors.Join(err, res.Body.Close())
}
