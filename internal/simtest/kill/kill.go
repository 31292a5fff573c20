// Package kill ends the real programs at every call that leaves something behind.
//
// It takes one sync, or one save on a device, and stops the server or the device program just before
// its k-th write, flush, truncation, removal or renaming of a file, or its k-th write to the network,
// for each k that there is. The server's calls are those from its start to its stop. Then it starts
// what died, syncs again, and looks at what came of it: every change that was ever saved has to be in
// the history once, applied or held; the audit log and the database have to hold; and both sides have
// to hold the same, which is what they hold where nobody was killed. It does the same with calls that
// fail, and with a disk that is really full. The server may keep everything in PostgreSQL, which is not killed: then it
// dies before any of the statements that it sends there.
//
// The programs are those that people run, followed by ptrace. strace does that too, but it counts the
// calls of each thread by itself, and which thread of a Go program makes which call is another matter
// each time. What is counted here is the whole program, so that no call is left out.
//
// It never shows what a power cut leaves: what a killed program wrote, the system still has. It never
// waits for a time, and leaves nothing running.
package kill

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/google/uuid"
)

// A Call is a call that leaves something behind.
type Call struct {
	// Name is what it does, such as "pwrite" or "fsync".
	Name string
	// What is the name of the file, or "socket".
	What string
}

const socket = "socket"

// A Side is one of the two programs.
type Side string

// The sides.
const (
	Server Side = "server"
	Device Side = "device"
)

// A Point is one place where a program was killed, or a call of it failed.
type Point struct {
	Side Side
	// At is how many calls the program had got to, this one included.
	At int
	Call
	// Err is what was wrong afterwards.
	Err error
}

// String says where the point is.
func (p Point) String() string {
	return fmt.Sprintf("%s, call %d (%s %s)", p.Side, p.At, p.Name, p.What)
}

// A Report is what was tried.
type Report struct {
	Script string
	Points []Point
}

// chance matches what differs in the names of files from one time to the next, and the names of photos.
var chance = regexp.MustCompile(`[0-9a-f]{64}(-[0-9a-f-]{36})?|[0-9]{6,}`)

// Count says at how many points of each kind the sides were stopped.
func (r Report) Count() map[Side]map[string]int {
	out := map[Side]map[string]int{Server: {}, Device: {}}
	for _, p := range r.Points {
		out[p.Side][p.Name+" "+chance.ReplaceAllString(p.What, "*")]++
	}
	return out
}

// A fate is what becomes of a call: nothing, if it is zero.
type fate struct {
	kill bool
	fail syscall.Errno
}

// A blow hits a program at its k-th call.
type blow struct {
	// deal says what becomes of that call; nothing if the call does not count.
	deal func(Call) fate
	at   int
	// stays has every later call dealt with too.
	stays bool

	calls int
	// hit is the call that was hit, and dealt what became of it.
	hit   Call
	dealt fate
}

func (b *blow) ask(c Call) fate {
	dealt := b.deal(c)
	if dealt == (fate{}) {
		return dealt
	}
	b.calls++
	if b.calls == b.at {
		b.hit, b.dealt = c, dealt
	}
	if b.calls == b.at || b.stays && b.calls > b.at {
		return dealt
	}
	return fate{}
}

// kills ends the program.
func kills(Call) fate { return fate{kill: true} }

// fails has the disk be full, or fail at what takes no room.
func fails(c Call) fate {
	switch c.Name {
	case "write", "pwrite", "create":
		return fate{fail: syscall.ENOSPC}
	}
	return fate{fail: syscall.EIO}
}

// failsOnDisk leaves the network alone: what fails there is what a killed peer looks like.
func failsOnDisk(c Call) fate {
	if c.What == socket {
		return fate{}
	}
	return fails(c)
}

// Points kills each side at every point of the sync of a script, or of its save. The error is of the points where
// something was wrong afterwards, or says why it could not go on. progress, if not nil, is told of each
// point, by several goroutines at once if the binaries name several jobs.
func Points(ctx context.Context, bin Binaries, script int, progress func(Point)) (Report, error) {
	return Sample(ctx, bin, script, 1, progress)
}

// Sample is [Points] at every so many-th point, beginning anywhere; where there are fewer points, at one of them.
func Sample(ctx context.Context, bin Binaries, script, every int, progress func(Point)) (Report, error) {
	return try(ctx, bin, script, every, progress, blow{deal: kills})
}

// Fail is [Sample] with calls on files that fail in the place of kills: for want of room, or with an
// input/output error where room does not matter; once or, if stays is set, from there on.
func Fail(ctx context.Context, bin Binaries, script, every int, stays bool, progress func(Point)) (Report, error) {
	return try(ctx, bin, script, every, progress, blow{deal: failsOnDisk, stays: stays})
}

// tooMany is after how many points that went wrong it is no use to go on.
const tooMany = 10

// try deals the blow at one point after another, until there are no more: some points at a time, each in a trial of its own.
func try(ctx context.Context, bin Binaries, script, every int, progress func(Point), b blow) (Report, error) {
	jobs, begin := max(bin.Jobs, 1), 1+rand.IntN(every) //nolint:gosec // G404: where to begin is no secret
	reports, errs := make([]Report, jobs), make([]error, jobs)
	var workers sync.WaitGroup
	for job := range jobs {
		workers.Go(func() {
			reports[job], errs[job] = tryEach(ctx, bin, script, begin+job*every, jobs*every, progress, b)
		})
	}
	workers.Wait()
	whole := Report{Script: reports[0].Script}
	for _, r := range reports {
		whole.Points = append(whole.Points, r.Points...)
	}
	return whole, errors.Join(errs...)
}

// tryEach deals the blow at a point and at each that comes so many after it. A side that ends before it
// comes to the first is hit at one that it comes to.
func tryEach(ctx context.Context, bin Binaries, script, begin, every int, progress func(Point), b blow) (report Report, err error) {
	t, err := newTrial(ctx, bin, script)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, t.close(ctx)) }()
	report.Script = t.script.name
	var wrong []error
	for _, side := range t.script.sides() {
		for at, came := begin, false; len(wrong) < tooMany; {
			point, calls := t.point(ctx, side, at, b)
			if point.Err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %v: %w", report.Script, point, point.Err))
			}
			if calls < at {
				if came || calls == 0 {
					break
				}
				at = 1 + at%calls
				continue
			}
			report.Points = append(report.Points, point)
			if progress != nil {
				progress(point)
			}
			came = true
			at += every
		}
	}
	return report, errors.Join(wrong...)
}

// point deals the blow at one point, and says how many calls that count the program made: fewer than at, if it
// did not come to the point.
func (t *trial) point(ctx context.Context, side Side, at int, b blow) (p Point, calls int) {
	b.at = at
	err := t.round(ctx, side, &b)
	return Point{Side: side, At: at, Call: b.hit, Err: err}, b.calls
}

// A trial is a script that was played, and what its sync comes to where nobody is killed.
type trial struct {
	bin    Binaries
	script script
	port   port
	dir    string
	stage  *stage
	want   string
}

// newTrial plays a script and looks at its sync.
func newTrial(ctx context.Context, bin Binaries, number int) (t *trial, err error) {
	t = &trial{bin: bin, script: scripts()[number]}
	if t.port, err = holdPort(); err != nil {
		return nil, err
	}
	if t.dir, err = bin.scratch(); err != nil {
		return nil, errors.Join(err, t.port.release())
	}
	t.stage, err = playAt(ctx, bin, t.script, t.dir, t.port.address())
	if err == nil {
		err = t.undisturbed(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", t.script.name, err), t.close(ctx))
	}
	return t, nil
}

func (t *trial) close(ctx context.Context) error {
	return errors.Join(t.port.release(), t.bin.dropDatabase(ctx, t.stage.dir), os.RemoveAll(t.dir))
}

// playAt plays a script, in folders below dir.
func playAt(ctx context.Context, bin Binaries, script script, dir, address string) (*stage, error) {
	s := &stage{
		ctx: ctx, bin: bin, dir: filepath.Join(dir, "before"), aside: filepath.Join(dir, "aside"), address: address, ago: script.ago,
		names: map[uuid.UUID]string{},
	}
	if err := errors.Join(os.Mkdir(s.dir, 0o700), os.Mkdir(s.aside, 0o700)); err != nil {
		return nil, err
	}
	s.do("make a database", func() error { return bin.inPostgres(ctx, "CREATE DATABASE "+database(s.dir)) })
	s.begin() //nolint:contextcheck // the stage has it
	if s.err == nil {
		script.play(s)
	}
	return s, s.end()
}

// undisturbed does the sync with nobody killed.
func (t *trial) undisturbed(ctx context.Context) error {
	return t.inCopy(ctx, func(dir string) (err error) {
		if err := t.whole(ctx, dir); err != nil {
			return err
		}
		t.want, err = t.stage.look(ctx, dir)
		return err
	})
}

// inCopy does something with a copy of what the script left, and forgets what was saved there.
func (t *trial) inCopy(ctx context.Context, do func(dir string) error) error {
	before := t.stage.saved
	defer func() { t.stage.saved = before }()
	dir := filepath.Join(t.dir, "run")
	if err := os.CopyFS(dir, os.DirFS(t.stage.dir)); err != nil {
		return fmt.Errorf("copy what the script left: %w", err)
	}
	if err := t.bin.copyDatabase(ctx, t.stage.dir, dir); err != nil {
		return err
	}
	return errors.Join(do(dir), t.bin.dropDatabase(ctx, dir), os.RemoveAll(dir))
}

// round deals a blow to a side in the middle of the sync or save, and sees what comes of it.
func (t *trial) round(ctx context.Context, side Side, b *blow) error {
	hit := t.hit
	if t.script.saves {
		hit = t.hitSave
	}
	return t.inCopy(ctx, func(dir string) error {
		if err := hit(ctx, dir, side, b); err != nil {
			return err
		}
		got, err := t.stage.look(ctx, dir)
		if err == nil && !t.script.saves { // which may have been killed before there was anything
			err = differ(t.want, got)
		}
		return err
	})
}

// hit syncs while one side is hit, and then again once what died was started again. What the other side
// says of the first sync has to be true, and the second one has to go well.
func (t *trial) hit(ctx context.Context, dir string, side Side, b *blow) error {
	asked := map[Side]func(Call) fate{side: b.ask}
	server, listens, err := t.bin.serve(ctx, dir, t.port.address(), asked[Server])
	if err != nil {
		return err
	}
	defer server.stop()
	if listens {
		device, err := t.bin.device(ctx, dir, asked[Device], "sync")
		if err != nil {
			return err
		}
		killed := side == Device && b.dealt.kill
		if err := plain(device); err != nil && !killed {
			return err
		}
	}
	if side == Device {
		return t.syncs(ctx, dir, server)
	}
	server.stop()
	return t.whole(ctx, dir)
}

// whole starts the server, syncs and stops it, and expects all of that to go well.
func (t *trial) whole(ctx context.Context, dir string) error {
	server, _, err := t.bin.serve(ctx, dir, t.port.address(), nil)
	if err != nil {
		return err
	}
	return t.syncs(ctx, dir, server)
}

// syncs does a sync that goes well, and stops the server.
func (t *trial) syncs(ctx context.Context, dir string, server *program) error {
	defer server.stop()
	device, err := t.bin.device(ctx, dir, nil, "sync")
	if err != nil {
		return err
	}
	server.stop()
	if err := errors.Join(device.ran(), server.ran()); err != nil {
		return err
	}
	if !strings.Contains(device.said.String(), "Safe to take away") {
		return fmt.Errorf("the device did not say that it is safe to take away: %s", device.said)
	}
	return nil
}

// plain checks that a device which could not sync said so, and that nothing is lost by it.
func plain(device *program) error {
	said := device.said.String()
	if device.status.Exited() && (device.status.ExitStatus() == 0 || strings.Contains(said, "safe") || strings.Contains(said, "nothing is lost")) {
		return nil
	}
	return fmt.Errorf("the device %s without saying that nothing is lost: %s", how(device.status), said)
}
