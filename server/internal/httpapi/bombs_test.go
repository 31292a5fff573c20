package httpapi_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"satchel/syncproto"
)

// maxHeap is what the heap of a server under attack may come to.
const maxHeap = 100 << 20

// A heapWatch looks all the time how large the heap is, with what is garbage already.
type heapWatch struct {
	t     *testing.T
	stop  chan struct{}
	peaks chan uint64
}

func watchHeap(t *testing.T) *heapWatch {
	t.Helper()
	runtime.GC()
	w := &heapWatch{t: t, stop: make(chan struct{}), peaks: make(chan uint64, 1)}
	go w.watch()
	return w
}

func (w *heapWatch) watch() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	peak := uint64(0)
	for {
		metrics.Read(sample)
		peak = max(peak, sample[0].Value.Uint64())
		select {
		case <-tick.C:
		case <-w.stop:
			w.peaks <- peak
			return
		}
	}
}

// check fails the test if the heap was too large at any time. A short run is that of the race detector,
// under which garbage is collected later and the figure says nothing of the server.
func (w *heapWatch) check() {
	w.t.Helper()
	w.checkBelow(maxHeap)
}

func (w *heapWatch) checkBelow(most uint64) {
	w.t.Helper()
	close(w.stop)
	peak := <-w.peaks
	w.t.Logf("the heap came to %d MiB", peak>>20)
	if peak > most && !testing.Short() {
		w.t.Errorf("the heap came to %d MiB, %d is the most", peak>>20, most>>20)
	}
}

// A bomb is a body that would fill the memory if the server let it.
type bomb struct {
	name string
	body func(t *testing.T, d *tablet) io.Reader
	gzip bool
	code syncproto.Code
}

// zeros, gzipped, come to a thousandth.
func zeros(bytes int64) func(*testing.T, *tablet) io.Reader {
	return func(t *testing.T, _ *tablet) io.Reader {
		return strings.NewReader(string(gzipped(t, io.LimitReader(&endless{text: strings.Repeat("\x00", 64<<10)}, bytes))))
	}
}

// endless repeats a text for ever.
type endless struct {
	text string
	at   int
}

// Read never ends.
func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// allOver is a block of 2,000 rows that is written in few bytes, because all rows have the same.
func (d *tablet) allOver(fields string) string {
	return fmt.Sprintf(`{"changes":{"collection":"households","rows":2000,"n":{"deltas":{"all":1}},"time":{"all":0},"author":{"all":%q},"record":{"all":%q},"fields":{%s}}}`,
		d.worker, newID(d.o.t), fields)
}

// lines gives a body of lines that never come to a lot in the test's own memory.
func lines(head string, times int, line string) io.Reader {
	return io.MultiReader(strings.NewReader(head+"\n"), io.LimitReader(&endless{text: line + "\n"}, int64(times*(len(line)+1))), strings.NewReader(end(0)+"\n"))
}

func bombs() []bomb {
	return []bomb{
		{"10 MB of zeros in 10 kB", zeros(10 << 20), true, syncproto.CodeFrameInvalid},
		{"100 MB of zeros in 100 kB", zeros(100 << 20), true, syncproto.CodeFrameInvalid},
		{"10 MB of empty lines for the future", func(t *testing.T, d *tablet) io.Reader {
			return bytes.NewReader(gzipped(t, lines(d.head(), 4<<20, "{}")))
		}, true, syncproto.CodeBodyTooLarge},
		{"1 GB that is sent without an end in sight", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1<<20, `{"later":"`+strings.Repeat("x", 1000)+`"}`)
		}, false, syncproto.CodeBodyTooLarge},
		{"a million changes in 100 kB", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 500, d.allOver(`"notes":{"all":"x"}`))
		}, false, syncproto.CodeBatchTooLarge},
		{"a million changes in 300 MB", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1_000_000, d.block())
		}, false, syncproto.CodeBodyTooLarge},
		{"two million values in 20 kB", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1, d.allOver(allColumns(1000, `{"all":1}`)))
		}, false, syncproto.CodeBodyTooLarge},
		{"64 MB of values in 32 kB", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1, d.allOver(`"notes":{"all":"`+strings.Repeat("x", syncproto.MaxValueBytes)+`"}`))
		}, false, syncproto.CodeBodyTooLarge},
		{"two million members in 20 kB", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1, d.allOver(`"other":{"members":{`+allColumns(1000, `{"all":1}`)+`}}`))
		}, false, syncproto.CodeBodyTooLarge},
		{"thirty billion versions in 1 kB", func(_ *testing.T, d *tablet) io.Reader {
			block := d.allOver(`"notes":{"all":"x"}`)
			return lines(d.head(), 1, strings.Replace(block, `"fields":`, `"base":{"notes":{"counts":{"all":16000000},"device":{"all":0},"n":{"all":1}}},"fields":`, 1))
		}, false, syncproto.CodeBodyTooLarge},
		{"a million held changes", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(`"held":[1`+strings.Repeat(",1", 900_000)+`]`), 0, "")
		}, false, syncproto.CodeFrameInvalid},
		{"half a million devices", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1, strings.Replace(d.block(), `"rows":1`, `"rows":1,"devices":[""`+strings.Repeat(`,""`, 600_000)+`]`, 1))
		}, false, syncproto.CodeFrameInvalid},
		{"a value of brackets only", func(_ *testing.T, d *tablet) io.Reader {
			return lines(d.head(), 1, d.block(`"notes":[`+strings.Repeat(`[],`, 600_000)+`[]]`))
		}, false, syncproto.CodeFrameInvalid},
	}
}

func allColumns(n int, column string) string {
	columns := make([]string, n)
	for i := range columns {
		columns[i] = fmt.Sprintf(`"f%d":%s`, i, column)
	}
	return strings.Join(columns, ",")
}

func TestBombsAreRefusedInLittleMemory(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	for _, b := range bombs() {
		t.Run(b.name, func(t *testing.T) {
			d := v.hostile()
			header := d.bearer()
			if b.gzip {
				header["Content-Encoding"] = "gzip"
			}
			body := b.body(t, d)
			before := v.rows()
			heap := watchHeap(t)
			got := v.do(call{http.MethodPost, "/api/v1/sync", header, body})
			heap.check()
			if p := got.problem(); p.Code != b.code || !safe.MatchString(p.Detail) {
				t.Errorf("it is answered %d %.300s, want %s, and that the data is safe", got.status, got.body, b.code)
			}
			sameRows(t, b.name, before, v.rows())
			v.peace(t)
		})
	}
}

// TestBombsAtOnceAreRefusedInLittleMemory sends the one that takes the most memory from many devices.
func TestBombsAtOnceAreRefusedInLittleMemory(t *testing.T) {
	v := newVillage(t)
	tablets := make([]*tablet, 8)
	for i := range tablets {
		tablets[i] = v.hostile()
	}
	body := strings.Replace(tablets[0].block(), `"rows":1`, `"rows":1,"devices":[""`+strings.Repeat(`,""`, 600_000)+`]`, 1)
	before := v.rows()
	heap := watchHeap(t)
	var all sync.WaitGroup
	for _, d := range tablets {
		all.Go(func() {
			got := v.do(call{http.MethodPost, "/api/v1/sync", d.bearer(), lines(d.head(), 1, body)})
			if p := got.problem(); p.Code != syncproto.CodeFrameInvalid {
				t.Errorf("it is answered %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	heap.check()
	sameRows(t, "bombs at once", before, v.rows())
	v.peace(t)
}

// TestTheLargestPushesAtOnceTakeLittleMemory sends as much as a batch may hold from several devices.
func TestTheLargestPushesAtOnceTakeLittleMemory(t *testing.T) {
	nothingToRace(t)
	v := newVillage(t)
	var bodies [][]byte
	var tablets []*tablet
	for range 4 {
		d := v.hostile()
		request := d.request()
		request.Page = 1
		for _, n := range upTo(240) {
			c := d.household(v.b, "Large", "")
			c.N, c.Form = n, n
			c.Fields["notes"] = `"` + syncproto.Value(strings.Repeat(noise(60), 19)) + `"`
			request.Changes = append(request.Changes, c)
		}
		tablets, bodies = append(tablets, d), append(bodies, gzipped(t, bytes.NewReader(encode(t, request))))
	}
	heap := watchHeap(t)
	var all sync.WaitGroup
	for i, d := range tablets {
		all.Go(func() {
			header := d.bearer()
			header["Content-Encoding"] = "gzip"
			if got := v.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(bodies[i])}); got.status != http.StatusOK {
				t.Errorf("it is answered %d %s", got.status, got.body)
			}
		})
	}
	all.Wait()
	heap.check()
	v.peace(t)
}

// noise gives text that cannot be compressed.
func noise(words int) string {
	var out strings.Builder
	for range words {
		out.WriteString(rand.Text())
	}
	return out.String()
}

// TestWhatIsCutOffIsNotTaken cuts a push at every byte: it is a whole or it is nothing.
func TestWhatIsCutOffIsNotTaken(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	plain := encode(t, d.request(d.household(v.a, "Hostile", "060 3")))
	packed := gzipped(t, bytes.NewReader(plain))
	before := v.rows()
	cut := func(body []byte, encoding string) {
		header := d.bearer()
		header["Content-Encoding"] = encoding
		got := v.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(body)})
		if p := got.problem(); p.Code != syncproto.CodeFrameInvalid || !safe.MatchString(p.Detail) {
			t.Errorf("%d bytes %s are answered %d %s", len(body), encoding, got.status, got.body)
		}
	}
	for n := range len(plain) - len("}\n") {
		cut(plain[:n], "identity")
	}
	for n := range packed {
		cut(packed[:n], "gzip")
	}
	for n := len("gzip's head"); n < len(packed)-len("the end of gzip"); n++ {
		damaged := bytes.Clone(packed)
		damaged[n] ^= 0x10
		cut(damaged, "gzip")
	}
	sameRows(t, "what was cut off", before, v.rows())
	v.peace(t)
}

// TestALinkThatBreaks sends half of what it announces.
func TestALinkThatBreaks(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	body := encode(t, d.request(d.household(v.a, "Hostile", "060 3")))
	before := v.rows()
	got := v.raw(fmt.Sprintf("POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		d.access, syncproto.MediaType, len(body), body[:len(body)/2]))
	if p := got.problem(); p.Code != syncproto.CodeFrameInvalid || !safe.MatchString(p.Detail) {
		t.Errorf("it is answered %d %s", got.status, got.body)
	}
	sameRows(t, "half a push", before, v.rows())
	v.peace(t)
}

// raw sends bytes, closes its side of the connection, and reads the answer.
func (o *office) raw(request string) answer {
	o.t.Helper()
	conn := o.dial(request)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		o.t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func TestARepeatIsANoOp(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	c := d.household(v.a, "Repeated", "060 3")
	request := d.request(c)
	first := d.sync(c)
	v.shown[c.Record] = "Repeated"
	before := v.rows("devices")
	for range 3 {
		d.tip = syncproto.Tip{}
		again := d.sync(request.Changes...)
		if fmt.Sprint(again.Receipts) != fmt.Sprint(first.Receipts) {
			t.Errorf("a repeat gets the receipts %v, the first time they were %v", again.Receipts, first.Receipts)
		}
	}
	sameRows(t, "a repeat", before, v.rows("devices"))
	v.peace(t)
}

func TestTimesOfBrokenClocks(t *testing.T) {
	v := newVillage(t)
	for name, claimed := range map[string]int64{"far future": 1 << 53, "far past": -1 << 53, "1970": 0} {
		d := v.hostile()
		c := d.household(v.a, name, "")
		c.Claimed = claimed
		reply := d.sync(c)
		v.shown[c.Record] = name
		want := min(claimed, reply.Now+syncproto.ClockSlack)
		if got := reply.Receipts[0]; got.Status != syncproto.Applied || got.Time > want || got.Time < want-time.Minute.Milliseconds() {
			t.Errorf("a change of the %s is %s at %d, want applied at about %d", name, got.Status, got.Time, want)
		}
	}
	v.peace(t)
}

func TestTokensOfOthers(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	body := encode(t, d.request(d.household(v.a, "Hostile", "")))
	elsewhere := newOffice(t)
	foreign := elsewhere.tablet("foreign", elsewhere.person("x", "worker", "", elsewhere.a), elsewhere.a)
	claims := jwt.RegisteredClaims{
		Issuer: "satchel", Audience: jwt.ClaimStrings{"device"}, Subject: d.id.String(),
		IssuedAt: jwt.NewNumericDate(v.now()), ExpiresAt: jwt.NewNumericDate(v.now().Add(time.Hour)),
	}
	unsigned, err := jwt.NewWithClaims(jwt.SigningMethodNone, claims).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		t.Fatal(err)
	}
	guessed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(v.query(v.database(), "SELECT value FROM properties WHERE name = 'token_key'")[0])
	if err != nil {
		t.Fatal(err)
	}
	other, err := jwt.NewWithClaims(jwt.SigningMethodHS512, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what, token string, status int, code syncproto.Code) {
		before := v.rows()
		header := map[string]string{"Authorization": "Bearer " + token, "Content-Type": syncproto.MediaType}
		got := v.do(call{http.MethodPost, "/api/v1/sync", header, bytes.NewReader(body)})
		if p := got.problem(); got.status != status || p.Code != code || !safe.MatchString(p.Detail) {
			t.Errorf("%s is answered %d %s, want %d %s", what, got.status, got.body, status, code)
		}
		sameRows(t, what, before, v.rows())
	}
	try("a neighbour's token", v.neighbour.access, 403, syncproto.CodeForbidden)
	try("a stranger's token", v.stranger.access, 403, syncproto.CodeForbidden)
	try("another server's token", foreign.access, 401, syncproto.CodeUnauthorized)
	try("a token without a signature", unsigned, 401, syncproto.CodeUnauthorized)
	try("a token under a guessed key", guessed, 401, syncproto.CodeUnauthorized)
	try("a token of another algorithm", other, 401, syncproto.CodeUnauthorized)
	try("a refresh token", d.refresh, 401, syncproto.CodeUnauthorized)
	v.peace(t)
	v.ahead.Add(int64(16 * time.Minute))
	try("an expired token", d.access, 401, syncproto.CodeTokenExpired)
	v.neighbour.renew()
	v.peace(t)
}

// renew exchanges the refresh token.
func (d *tablet) renew() {
	d.o.t.Helper()
	got := d.o.post("/api/v1/token", nil, map[string]string{"refresh": d.refresh})
	var in struct{ Access, Refresh string }
	if got.into(d.o.t, &in); got.status != http.StatusOK {
		d.o.t.Fatalf("the token cannot be renewed: %d %s", got.status, got.body)
	}
	d.access, d.refresh = in.Access, in.Refresh
}

// TestSlowSendersBlockNobody opens more slow syncs than the server answers at once.
func TestSlowSendersBlockNobody(t *testing.T) {
	v := newVillage(t)
	var links []net.Conn
	before := v.rows("devices", "device_areas", "invites", "audit")
	for range 3 * 16 {
		links = append(links, v.dribble(v.hostile()))
	}
	v.peace(t)
	for _, link := range links {
		if err := link.Close(); err != nil {
			t.Error(err)
		}
	}
	sameRows(t, "slow pushes", before, v.rows("devices", "device_areas", "invites", "audit"))
	v.peace(t)
}

// TestADeviceHasOneLink comes anew while the server still waits for what an earlier link was to bring.
func TestADeviceHasOneLink(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	first := v.dribble(d)
	c := d.household(v.a, "Came anew", "")
	d.sync(c)
	v.shown[c.Record] = "Came anew"
	_, _ = io.Copy(io.Discard, first) // ends when the server has closed the link
	v.peace(t)
}

// dribble sends half a push and leaves the link open. It returns when the server waits for the rest.
func (o *office) dribble(d *tablet) net.Conn {
	o.t.Helper()
	body := encode(o.t, d.request(d.household(o.a, "Hostile", "")))
	conn := o.dial(fmt.Sprintf("POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		d.access, syncproto.MediaType, len(body)))
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		o.t.Fatalf("the server does not wait for a body: %q, %v", line, err)
	}
	if _, err := conn.Write(body[:len(body)/2]); err != nil {
		o.t.Fatal(err)
	}
	return conn
}

// dial opens a connection and sends bytes.
func (o *office) dial(request string) net.Conn {
	o.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(o.t.Context(), "tcp", strings.TrimPrefix(o.url, "http://"))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		o.t.Fatal(err)
	}
	return conn
}
