package httpapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"satchel/syncproto"
)

// A slow request is one whose body does not come yet.
type slow struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// slow begins a request, and returns once the server answers, or asks for the body: then it is inside.
func (o *office) slow(t *testing.T, path, bearer, mediaType string, length int) (s slow, status int) {
	t.Helper()
	s = slow{t: t, conn: o.dial(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		path, bearer, mediaType, length))}
	s.in = bufio.NewReader(s.conn)
	line, err := s.in.Peek(len("HTTP/1.1 100"))
	if err != nil {
		t.Fatal(err)
	}
	if status, err = strconv.Atoi(string(line[9:])); err != nil {
		t.Fatal(err)
	}
	if status == http.StatusContinue {
		s.answer()
	}
	return s, status
}

// answer reads the next answer.
func (s slow) answer() answer {
	s.t.Helper()
	res, err := http.ReadResponse(s.in, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// end sends a body, and gives the answer.
func (s slow) end(body string) answer {
	s.t.Helper()
	if _, err := io.WriteString(s.conn, body); err != nil {
		s.t.Fatal(err)
	}
	return s.answer()
}

// crowd gives the access tokens of so many devices.
func (v *village) crowd(devices int) (access []string) {
	v.t.Helper()
	d, err := v.srv.Accounts.Authenticate(v.t.Context(), v.neighbour.access)
	if err != nil {
		v.t.Fatal(err)
	}
	for range devices {
		next, err := v.srv.Accounts.NewIdentity(v.t.Context(), d)
		if err != nil {
			v.t.Fatal(err)
		}
		d, access = next.Device, append(access, next.Tokens.Access)
	}
	return access
}

// TestWhoFindsNoPlaceIsSentAwayBeforeItCosts fills all places of a kind with links that are slow.
func TestWhoFindsNoPlaceIsSentAwayBeforeItCosts(t *testing.T) {
	nothingToRace(t)
	for name, kind := range map[string]struct{ length, places int }{"a day's work": {100, 1000}, "a long body": {100_000, 24}} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t)
			refresh := v.neighbour.refresh
			access := v.crowd(kind.places + 1)
			last := access[kind.places]
			inside := make([]slow, kind.places)
			for i := range inside {
				var status int
				if inside[i], status = v.slow(t, "/api/v1/sync", access[i], syncproto.MediaType, kind.length); status != http.StatusContinue {
					t.Fatalf("device %d is answered %d, want to be let in", i+1, status)
				}
			}
			refused, status := v.slow(t, "/api/v1/sync", last, syncproto.MediaType, kind.length)
			if status != http.StatusServiceUnavailable {
				t.Fatalf("one more is answered %d, want 503, and that its body is not asked for", status)
			}
			got := refused.answer()
			if p := got.problem(); p.Code != syncproto.CodeBusy || !safe.MatchString(p.Detail) || got.header.Get("Retry-After") != "15" {
				t.Errorf("one more is answered %s, want busy, and to come again after 15 s", got.bytes())
			}
			if _, err := refused.in.ReadByte(); err == nil {
				t.Error("its connection is not closed")
			}
			if kind.length > 1000 {
				v.peace(t)
			}
			if got := v.post("/api/v1/token", nil, map[string]string{"refresh": refresh}); got.status != http.StatusOK {
				t.Errorf("beside them a new token is answered %d %s", got.status, got.body)
			}
			if got := inside[0].end(strings.Repeat("x", kind.length)); got.problem().Code != syncproto.CodeFrameInvalid {
				t.Errorf("who was inside is answered %d %s", got.status, got.body)
			}
			if _, status := v.slow(t, "/api/v1/sync", last, syncproto.MediaType, kind.length); status != http.StatusContinue {
				t.Errorf("once a place is free, the next is answered %d", status)
			}
		})
	}
}

// TestNoConnectionIsKeptForWhoIsSentAway sends a body that the server does not want: some of it, and all.
func TestNoConnectionIsKeptForWhoIsSentAway(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	for _, access := range v.crowd(24) {
		v.slow(t, "/api/v1/sync", access, syncproto.MediaType, 100_000)
	}
	for _, sent := range []int{10, 100_000} {
		conn := v.dial("POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", sent))
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(text), "HTTP/1.1 503 ") || !strings.Contains(string(text), "\r\nConnection: close\r\n") || err != nil {
			t.Errorf("with %d bytes of a body it is answered %q, and then %v, want 503 and that the connection ends", sent, text, err)
		}
	}
}

// TestThoseWhoAreSentAwayComeBackOneByOne has the clock of the server stand still.
func TestThoseWhoAreSentAwayComeBackOneByOne(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	for _, access := range v.crowd(24) {
		v.slow(t, "/api/v1/sync", access, syncproto.MediaType, 100_000)
	}
	still := time.Now()
	sentAway := func() (seconds int) {
		v.ahead.Store(-int64(time.Since(still)))
		got := v.do(call{http.MethodPost, "/api/v1/sync", nil, strings.NewReader(strings.Repeat("x", 100_000))})
		seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
		if err != nil {
			t.Fatalf("a device is answered %d %s", got.status, got.body)
		}
		return seconds
	}
	var last int
	for range 201 {
		last = sentAway()
	}
	if last < 17 || last > 19 {
		t.Errorf("device 201 is told to come again after %d s, want 18", last)
	}
	if n := strings.Count(v.log.String(), `"status":503`); n != 1 {
		t.Errorf("there are %d lines in the log, want one", n)
	}
	still = still.Add(time.Hour)
	if got := sentAway(); got != 15 {
		t.Errorf("an hour later, one is told to come again after %d s, want 15", got)
	}
}

// TestAnOfficeFullOfDevicesGetsNewTokens has them all ask at once, from one address.
func TestAnOfficeFullOfDevicesGetsNewTokens(t *testing.T) {
	v := newVillage(t)
	body, err := json.Marshal(map[string]string{"refresh": v.neighbour.refresh})
	if err != nil {
		t.Fatal(err)
	}
	asking := make([]slow, 30)
	for i := range asking {
		var status int
		if asking[i], status = v.slow(t, "/api/v1/token", "", "application/json", len(body)); status != http.StatusContinue {
			t.Fatalf("device %d is answered %d while the others ask", i+1, status)
		}
	}
	for i, s := range asking { // each as the device whose answers get lost
		if got := s.end(string(body)); got.status != http.StatusOK {
			t.Fatalf("device %d gets no token: %d %s", i+1, got.status, got.body)
		}
	}
	for range 10 {
		if got := v.post("/api/v1/token", nil, map[string]string{"refresh": "made up"}); got.status != http.StatusUnauthorized {
			t.Errorf("a token that is made up is answered %d", got.status)
		}
	}
	if got := v.post("/api/v1/token", nil, map[string]string{"refresh": v.neighbour.refresh}); got.status != http.StatusTooManyRequests {
		t.Errorf("after ten in vain, one is answered %d, want 429", got.status)
	}
}
