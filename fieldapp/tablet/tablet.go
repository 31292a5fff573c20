// Package tablet runs the field app's store and its sync as a process of Node.js, whose network, clock and chance are those
// of whoever starts it: for tests, in which a real tablet meets a real server over links that are as bad as wanted.
//
// While the process is at work, whoever waits for it reads from a pipe. In a [testing/synctest] bubble that keeps simulated
// time from going on, so that whatever the tablet does takes none; it takes time where the tablet waits for the network, or
// sleeps. The package never touches the machine's network or disk, but for the program itself.
package tablet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"satchel/fieldapp/bundle"
)

// ErrNone means that there is no Node.js on the machine.
var ErrNone = errors.New("there is no Node.js on this machine; install nodejs, version 18 or later")

// A Program is the tablet's, ready to be run.
type Program struct{ node, file string }

// Load gives a program that was built into dir. It fails with [ErrNone].
func Load(dir string) (Program, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return Program{}, ErrNone
	}
	return Program{node, filepath.Join(dir, "device.mjs")}, nil
}

// Build bundles the program into dir. root is the folder of the field app. It fails with [ErrNone].
func Build(root, dir string) (Program, error) {
	program, err := Load(dir)
	if err != nil {
		return program, err
	}
	if err := bundle.Node(root, "test/device.ts", dir); err != nil {
		return Program{}, fmt.Errorf("bundle the tablet's program: %w", err)
	}
	return program, nil
}

// A World is all that a tablet has of it.
type World struct {
	// HTTP makes its requests to the server at URL.
	HTTP *http.Client
	URL  string
	// Clock is the tablet's own.
	Clock func() time.Time
	// Seed is what all its chance follows from, with how often it was switched on.
	Seed [4]uint32
	// Told, if not nil, is told how far a sync has come. It has to return at once, and to ask nothing of the tablet.
	Told func(Progress)
	// Step is the most records that one exchange brings, and changes that it sends; 0 is as many as may travel.
	Step int
}

// An Image is a tablet's store as it is on disk. It is empty before there is a store.
type Image []byte

// A Failure is how a call to the store fails; see src/store/api.ts.
type Failure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Field  string `json:"field"`
}

// Error gives the code and what a programmer wants to know.
func (f *Failure) Error() string { return f.Code + ": " + f.Detail }

// Is compares failures by their codes.
func (f *Failure) Is(target error) bool {
	other, ok := target.(*Failure)
	return ok && other.Code == f.Code
}

// Progress is how far a sync has come.
type Progress struct {
	BytesUp        int64 `json:"bytesUp"`
	BytesDown      int64 `json:"bytesDown"`
	Changes        int   `json:"changes"`
	ChangesToSend  int   `json:"changesToSend"`
	Records        int   `json:"records"`
	RecordsToFetch int   `json:"recordsToFetch"`
	Exchanges      int   `json:"exchanges"`
	Wait           int   `json:"wait"`
}

// A Tablet is a process. Its calls may be made by many goroutines.
type Tablet struct {
	world World
	stop  func() error
	// fetch makes a request of the process's, which lasts no longer than that.
	fetch func(said)

	// mu is held from a message to the process until it is idle again.
	mu    sync.Mutex
	in    *json.Encoder
	out   *bufio.Reader
	calls map[int]chan outcome
	last  int
	trips map[int]context.CancelFunc
	naps  map[int]*time.Timer
	// on counts the times that it was switched on and off: what comes for an earlier one comes too late.
	on     int
	off    bool
	broken error
	// fuse is after how many more messages the power is cut, if it is not 0; burnt is told what is left then.
	fuse  int
	burnt func(Image)
}

// outcome is what a call came to.
type outcome struct {
	gives   json.RawMessage
	failure *Failure
}

// Start starts a process, with a tablet that has what an image holds. It ends with ctx, at the latest.
func Start(ctx context.Context, program Program, world World, image Image) (*Tablet, error) {
	cmd := exec.CommandContext(ctx, program.node, "--enable-source-maps", program.file) //nolint:gosec // the file was made by Build
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a tablet: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a tablet: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a tablet: %w", err)
	}
	t := &Tablet{
		world: world, in: json.NewEncoder(in), out: bufio.NewReader(out), calls: map[int]chan outcome{},
		trips: map[int]context.CancelFunc{}, naps: map[int]*time.Timer{},
		stop: func() error { return errors.Join(in.Close(), cmd.Wait()) },
	}
	t.fetch = func(m said) { t.travel(ctx, m) }
	if err := t.On(image); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Close ends the process. What the tablet held is gone with it.
func (t *Tablet) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet()
	return t.stop()
}

// On switches the tablet on, with what an image holds. Nobody is logged in then.
func (t *Tablet) On(image Image) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.on++
	t.off = false
	seed := t.world.Seed
	seed[3] += uint32(t.on) //nolint:gosec // it counts up from 1
	return t.say(map[string]any{"boot": map[string]any{
		"image": append([]byte{}, image...), "seed": seed, "step": t.world.Step, "program": "fieldapp test",
	}})
}

// Off switches the tablet off, as if its power were cut in this moment, and gives what its store holds then. Calls under
// way fail with [ErrOff], and so do others until it is on again.
func (t *Tablet) Off() (Image, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.cut()
}

// OffAfter cuts the power before the message to the process that comes after so many others, and tells what is left.
func (t *Tablet) OffAfter(messages int, tell func(Image)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fuse, t.burnt = messages+1, tell
}

func (t *Tablet) cut() (Image, error) {
	if t.off {
		return nil, ErrOff
	}
	t.fuse = 0
	var image Image
	var failed error
	t.last++
	done := make(chan outcome, 1)
	t.calls[t.last] = done
	if err := t.say(map[string]any{"call": t.last, "method": "cut", "args": []any{}}); err != nil {
		return nil, err
	}
	o := <-done // the process is idle, so it has said so
	failed = json.Unmarshal(o.gives, (*Bytes)(&image))
	t.quiet()
	t.off = true
	return image, failed
}

// Call has the store do something, by the name of its method in src/store/api.ts, and puts what it gives into out, unless
// that is nil. It fails with a [*Failure]. Where ctx ends first, the store goes on.
func (t *Tablet) Call(ctx context.Context, out any, method string, args ...any) error {
	done, err := t.begin(method, args)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case o, ok := <-done:
		switch {
		case !ok:
			return ErrOff
		case o.failure != nil:
			return o.failure
		case out == nil:
			return nil
		}
		if err := json.Unmarshal(o.gives, out); err != nil {
			return fmt.Errorf("read what the tablet says to %s: %w", method, err)
		}
		return nil
	}
}

// ErrOff means that the tablet is off, or that its power was cut while it was at work.
var ErrOff = errors.New("the tablet is switched off")

// begin has the store begin something, and gives what it will come to.
func (t *Tablet) begin(method string, args []any) (<-chan outcome, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.burns() {
		return nil, ErrOff
	}
	t.last++
	done := make(chan outcome, 1)
	t.calls[t.last] = done
	if args == nil {
		args = []any{}
	}
	return done, t.say(map[string]any{"call": t.last, "method": method, "args": args})
}

// Image gives a copy of the store.
func (t *Tablet) Image(ctx context.Context) (Image, error) {
	var out Bytes
	err := t.Call(ctx, &out, "image")
	return Image(out), err
}

// quiet ends all that waits for something outside.
func (t *Tablet) quiet() {
	for _, cancel := range t.trips {
		cancel()
	}
	for _, nap := range t.naps {
		nap.Stop()
	}
	for _, done := range t.calls {
		close(done)
	}
	clear(t.trips)
	clear(t.naps)
	clear(t.calls)
	t.on++
}

// Bytes are bytes as they cross to and from the process.
type Bytes []byte

type crossing struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes an object with the bytes in base64.
func (b Bytes) MarshalJSON() ([]byte, error) { return json.Marshal(crossing{b}) }

// UnmarshalJSON reads one.
func (b *Bytes) UnmarshalJSON(text []byte) error {
	var c crossing
	if err := json.Unmarshal(text, &c); err != nil {
		return fmt.Errorf("read bytes: %w", err)
	}
	*b = c.Base64
	return nil
}

// said is one message of the process.
type said struct {
	Idle     bool              `json:"idle"`
	Done     int               `json:"done"`
	Gives    json.RawMessage   `json:"gives"`
	Failure  *Failure          `json:"failure"`
	Fetch    int               `json:"fetch"`
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	Abort    int               `json:"abort"`
	Sleep    int               `json:"sleep"`
	Millis   int64             `json:"ms"`
	Awake    int               `json:"awake"`
	Progress *Progress         `json:"progress"`
}

// burns reports whether the tablet is off, and cuts its power if it is time to.
func (t *Tablet) burns() bool {
	if t.off || t.fuse == 0 {
		return t.off
	}
	if t.fuse--; t.fuse > 0 {
		return false
	}
	image, err := t.cut()
	if err != nil {
		t.broken = err
	}
	t.burnt(image)
	return true
}

// say sends one message, and hears the process out until it is idle.
func (t *Tablet) say(message map[string]any) error {
	if t.broken != nil {
		return t.broken
	}
	message["now"] = t.world.Clock().UnixMilli()
	if err := t.in.Encode(message); err != nil {
		t.broken = fmt.Errorf("speak to the tablet: %w", err)
		return t.broken
	}
	for {
		line, err := t.out.ReadBytes('\n')
		var heard said
		if err == nil {
			err = json.Unmarshal(line, &heard)
		}
		if err != nil {
			t.broken = fmt.Errorf("hear the tablet: %w", err)
			t.quiet()
			return t.broken
		}
		if heard.Idle {
			return nil
		}
		t.hear(heard)
	}
}

// hear does what a message asks for.
func (t *Tablet) hear(m said) {
	switch {
	case m.Done > 0:
		if done := t.calls[m.Done]; done != nil {
			done <- outcome{m.Gives, m.Failure}
			delete(t.calls, m.Done)
		}
	case m.Fetch > 0:
		t.fetch(m)
	case m.Abort > 0:
		if cancel := t.trips[m.Abort]; cancel != nil {
			cancel()
		}
	case m.Sleep > 0:
		on := t.on
		t.naps[m.Sleep] = time.AfterFunc(time.Duration(m.Millis)*time.Millisecond, func() { t.wake(on, m.Sleep) })
	case m.Awake > 0:
		if nap := t.naps[m.Awake]; nap != nil {
			nap.Stop()
		}
		delete(t.naps, m.Awake)
	case m.Progress != nil:
		if t.world.Told != nil {
			t.world.Told(*m.Progress)
		}
	}
}

func (t *Tablet) wake(on, nap int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.on == on && t.naps[nap] != nil && !t.burns() {
		delete(t.naps, nap)
		_ = t.say(map[string]any{"woken": nap}) // the next call hears of it
	}
}

// travel makes a request of the tablet's.
func (t *Tablet) travel(ctx context.Context, m said) {
	ctx, cancel := context.WithCancel(ctx)
	t.trips[m.Fetch] = cancel
	on := t.on
	go func() {
		answer := t.trip(ctx, m)
		t.mu.Lock()
		defer t.mu.Unlock()
		cancel()
		if t.on == on && !t.burns() {
			delete(t.trips, m.Fetch)
			_ = t.say(answer) // the next call hears of it
		}
	}()
}

// trip makes a round trip; what came of it before it broke is a part of the answer. Status 0 is that nothing came.
func (t *Tablet) trip(ctx context.Context, m said) map[string]any {
	none := map[string]any{"answer": m.Fetch, "status": 0}
	body, err := base64.StdEncoding.DecodeString(m.Body)
	if err != nil {
		return none
	}
	request, err := http.NewRequestWithContext(ctx, m.Method, t.world.URL+m.Path, bytes.NewReader(body))
	if err != nil {
		return none
	}
	for name, value := range m.Headers {
		request.Header.Set(name, value)
	}
	response, err := t.world.HTTP.Do(request) // the transport asks for gzip and unpacks it, as a browser does
	if err != nil {
		return none
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	headers := map[string]string{}
	for _, name := range []string{"Content-Type", "Retry-After"} {
		if value := response.Header.Get(name); value != "" {
			headers[name] = value
		}
	}
	return map[string]any{
		"answer": m.Fetch, "status": response.StatusCode, "headers": headers, "body": content, "broken": err != nil,
	}
}
