package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"satchel/syncproto"
)

// A rogue is one enrolled device that does all that it can to be in the way.
type rogue struct {
	address string
	pen     *pen
	dice    *rand.Rand
	// pushes are the largest good batches; they are sent again and again.
	pushes   [][]byte
	requests atomic.Int64
}

// rogueLinks is over how many connections it attacks at once.
const rogueLinks = 4

// newRogue writes everything that it is going to send before it begins, so that what is measured is the
// server's work and not its own.
func newRogue(address string, d *pen, seed uint64, now int64) *rogue {
	g := &rogue{address: address, pen: d, dice: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // it makes up nonsense
	request := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: d.id, Clock: now}
	for n := range int64(syncproto.MaxBatchChanges) {
		request.Changes = append(request.Changes, d.change(g.dice, n+1, now))
	}
	var out bytes.Buffer
	if err := syncproto.WriteRequest(&out, request); err != nil {
		panic(err) // what was made up here can be written
	}
	good := out.Bytes()
	g.pushes = [][]byte{good, flip(g.dice, good), good[:len(good)/2], g.bomb(now), []byte(strings.Repeat("garbage\n", 1<<15))}
	return g
}

// bomb is a batch that is small on the wire and as large as it may be in the memory.
func (g *rogue) bomb(now int64) []byte {
	head := g.pen.sync(g.dice, now)
	line, _, _ := bytes.Cut(head, []byte("\n"))
	block := fmt.Sprintf(`{"changes":{"collection":"households","rows":1,"devices":[""%s],"n":[1]}}`, strings.Repeat(`,""`, 500_000))
	return bytes.Join([][]byte{line, []byte(block), []byte(`{"end":{"changes":1}}`), nil}, []byte("\n"))
}

// attack goes on until ctx ends.
func (g *rogue) attack(ctx context.Context) {
	var all sync.WaitGroup
	for i := range rogueLinks {
		dice := rand.New(rand.NewPCG(g.dice.Uint64(), uint64(i))) //nolint:gosec // it makes up nonsense
		all.Go(func() {
			for ctx.Err() == nil {
				g.strike(ctx, dice)
			}
		})
	}
	all.Go(func() { g.clutter(ctx) })
	all.Wait()
}

// strike sends one request, and sometimes leaves before it is answered.
func (g *rogue) strike(ctx context.Context, dice *rand.Rand) {
	path, body := "/api/v1/sync", g.pushes[dice.IntN(len(g.pushes))]
	if dice.IntN(20) == 0 {
		path, body = "/api/v1/identity", []byte("{}")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+g.address+path, bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Authorization", "Bearer "+g.pen.access)
	req.Header.Set("Content-Type", syncproto.MediaType)
	g.requests.Add(1)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // the server breaks the link of a device that comes anew
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}

// maxClutter is how many connections it leaves open that say half of something.
const maxClutter = 200

// clutter opens connections and leaves them, until ctx ends.
func (g *rogue) clutter(ctx context.Context) {
	var open []net.Conn
	for range maxClutter {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.address)
		if err != nil {
			break
		}
		open = append(open, conn)
		_, _ = fmt.Fprintf(conn, "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 2000000\r\n\r\n{",
			g.pen.access, syncproto.MediaType)
	}
	<-ctx.Done()
	for _, conn := range open {
		_ = conn.Close() // there is nothing on it that anybody wants
	}
}
