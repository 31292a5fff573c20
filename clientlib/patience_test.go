package clientlib_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"satchel/clientlib"
	"satchel/syncproto"
)

// A busyOffice answers in the same process, so that its time is that of a [synctest] bubble, and refuses the next requests
// of a path first.
type busyOffice struct {
	office   *office
	path     string
	refusals []http.HandlerFunc
	// asked is when each request of the path came.
	asked []time.Time
}

// RoundTrip answers.
func (b *busyOffice) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, out := b.office.handler.ServeHTTP, httptest.NewRecorder()
	if strings.HasSuffix(r.URL.Path, b.path) {
		b.asked = append(b.asked, time.Now())
		if len(b.refusals) > 0 {
			answer, b.refusals = b.refusals[0], b.refusals[1:]
		}
	}
	answer(out, r)
	return out.Result(), nil
}

// refuse refuses as a server does; retryAfter "" says not when to come again.
func refuse(code syncproto.Code, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.Header().Set("Content-Type", syncproto.ProblemMediaType)
		p := syncproto.Refuse(code, "Come again.")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p) // into memory
	}
}

// proxy refuses as something does that knows nothing of the protocol.
func proxy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "busy", http.StatusServiceUnavailable)
}

// A wait is what came of a sync with a busy office.
type wait struct {
	result clientlib.SyncResult
	err    error
	took   time.Duration
	// told is what the sync said about how long it waits, in s.
	told []int
	// gaps are between the requests.
	gaps []time.Duration
}

// waits syncs a change with an office that refuses first. The sync is ended after so long.
func waits(t *testing.T, path string, end time.Duration, refusals ...http.HandlerFunc) (w wait) {
	o := newOffice(t)
	synctest.Test(t, func(t *testing.T) {
		link := &busyOffice{office: o, path: path}
		options := clientlib.Options{HTTP: &http.Client{Transport: link}, PINCost: clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}}
		s, err := clientlib.Create(t.Context(), filepath.Join(t.TempDir(), "store.db"), pin, options)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Enrol(t.Context(), o.url, o.invite(vranje), ""); err != nil {
			t.Fatal(err)
		}
		o.expired = path == "/token"
		link.refusals = refusals
		ctx, cancel := context.WithTimeout(t.Context(), end)
		defer cancel()
		begun := time.Now()
		w.result, w.err = s.Sync(ctx, func(p clientlib.Progress) {
			if p.WaitSeconds > 0 {
				w.told = append(w.told, p.WaitSeconds)
			}
		})
		w.took = time.Since(begun)
		for i := range link.asked[1:] {
			w.gaps = append(w.gaps, link.asked[i+1].Sub(link.asked[i]))
		}
	})
	return w
}

func TestASyncComesAgainWhenABusyOfficeSaysSo(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/sync", "/token"} {
		w := waits(t, path, time.Hour, refuse(syncproto.CodeBusy, "20"), refuse(syncproto.CodeTooManyRequests, "60"))
		if w.err != nil || !w.result.Safe || w.result.WaitSeconds != 0 {
			t.Fatalf("%s: %+v, %v", path, w.result, w.err)
		}
		if first, second := w.gaps[0], w.gaps[1]; first < 20*time.Second || first > 25*time.Second || second < 60*time.Second || second > 75*time.Second {
			t.Errorf("%s: it came again after %v, want 20 to 25 s and 60 to 75 s", path, w.gaps)
		}
		falls := 0
		for i, told := range w.told[1:] {
			if told == w.told[i]-1 {
				falls++
			}
		}
		if falls != len(w.told)-2 || w.told[len(w.told)-1] != 1 || w.told[0] < 20 {
			t.Errorf("%s: it told to wait %v s, want that to fall second by second, twice", path, w.told)
		}
	}
}

func TestDevicesThatWereSentAwayTogetherComeBackOneByOne(t *testing.T) {
	t.Parallel()
	var gaps []time.Duration
	for range 5 {
		gaps = append(gaps, waits(t, "/sync", time.Hour, refuse(syncproto.CodeBusy, "100")).gaps...)
	}
	slices.Sort(gaps)
	if len(slices.Compact(gaps)) == 1 {
		t.Errorf("all of them come again after %v", gaps[0])
	}
}

func TestASyncDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	always := slices.Repeat([]http.HandlerFunc{refuse(syncproto.CodeBusy, "50")}, 100)
	w := waits(t, "/sync", time.Hour, always...)
	if !errors.Is(w.err, &syncproto.Problem{Code: syncproto.CodeBusy}) || w.took < 9*time.Minute || w.took > 10*time.Minute {
		t.Errorf("it ended with %v after %v, want busy after 10 minutes at the most", w.err, w.took)
	}
	w = waits(t, "/sync", 70*time.Second, always...)
	if !errors.Is(w.err, &syncproto.Problem{Code: syncproto.CodeBusy}) || !errors.Is(w.err, context.DeadlineExceeded) || w.took != 70*time.Second || w.result.WaitSeconds != 0 {
		t.Errorf("a sync that was stopped after 70 s ended with %v after %v", w.err, w.took)
	}
}

func TestOnlyAServerThatSaysWhenIsWaitedFor(t *testing.T) {
	t.Parallel()
	for want, refusal := range map[error]http.HandlerFunc{
		&syncproto.Problem{Code: syncproto.CodeBusy}:            refuse(syncproto.CodeBusy, ""),
		&syncproto.Problem{Code: syncproto.CodeTooManyRequests}: refuse(syncproto.CodeTooManyRequests, "soon"),
		&syncproto.Problem{Code: syncproto.CodeStorageFull}:     refuse(syncproto.CodeStorageFull, "5"),
		clientlib.ErrLink: proxy,
	} {
		if w := waits(t, "/sync", time.Hour, refusal); !errors.Is(w.err, want) || w.took > 0 {
			t.Errorf("it ended with %v after %v, want %v at once", w.err, w.took, want)
		}
	}
}
