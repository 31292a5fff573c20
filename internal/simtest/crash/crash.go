// Package crash cuts the power of the real server and of real devices, and breaks their disks, while
// they do what they are for.
//
// [Images] takes crash images at any operation of scripts that are played: in the middle of a
// transaction, between a write and its sync, while a log is moved into its database. Each is opened by
// the real programs, and has to hold every promise: what the office acknowledged is in a history once,
// what a tablet saved is in its outbox, of no form is a half there, the audit log is unbroken, and from
// there everything can be synced to the end. [Failing] has every operation of a script fail, and
// [Full] fills the disk up; then the programs have to say so, lose nothing, and go on once the disk is
// well.
//
// It promises that a failure names what plays it again. Ids, keys and the clock are real, so that
// a page may be filled differently the next time; which script, operation and image it is, and what
// survives of it, depends on the seed alone. It never looks into a database: what it knows, it knows from
// what any program could ask.
package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// ErrLost means that something that was promised is not there.
var ErrLost = errors.New("something was lost")

// A Plan says what to play.
type Plan struct {
	// Seed decides which images are taken and what survives in them. Each time that a script is
	// played has a seed of its own: the one that is reported plays it first.
	Seed uint64
	// Scripts are the numbers of the scripts to play, in turn; none is all.
	Scripts []int
	// Images is how many to take.
	Images int
	// Lies has the disks say that logs are synced when they are not: the control that has to fail.
	Lies bool
	// Every has [Failing] fail every so-many-th operation, and [Full] have so many pages more room each
	// time; 0 is 1. Seed decides where it begins.
	Every int
	// Of the faults that this comes to, [Failing] and [Full] play one part of so many; 0 Parts is 1.
	Part, Parts int
	// Scratch is where the files are, the system's place for them if it is "". In memory it is faster.
	Scratch string
}

// A Report is what was done.
type Report struct {
	// Played counts how often a script was played to its end.
	Played int
	// Office and Tablet count the images of the office's disk and of tablets' disks; Synced those from
	// which everything was synced to the end, and Again those that were taken while another was opened.
	Office, Tablet, Synced, Again int
	// Points counts the operations that were made to fail, or the amounts of room that were too little;
	// Faults how often a script was played with one of them, and Errors how often somebody was told.
	Points, Faults, Errors int
}

func (r Report) images() int { return r.Office + r.Tablet }

// A stage is where scripts are played.
type stage struct {
	plan   Plan
	root   string
	report Report
	// ready is a village that works, closed.
	ready *village
	// villages counts those that were made.
	villages int
}

// newStage prepares a village that works.
func newStage(ctx context.Context, plan Plan) (*stage, error) {
	root, err := os.MkdirTemp(plan.Scratch, "satchel-crash-")
	if err != nil {
		return nil, fmt.Errorf("make a place for the files: %w", err)
	}
	s := &stage{plan: plan, root: root}
	if s.ready, err = newVillage(s.next()); err == nil {
		err = s.ready.prepare(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare a village: %w", err), s.close())
	}
	return s, nil
}

func (s *stage) close() error {
	if s.ready != nil {
		s.ready.remove()
	}
	return os.RemoveAll(s.root)
}

func (s *stage) next() string {
	s.villages++
	return filepath.Join(s.root, fmt.Sprint("village-", s.villages))
}

// prepare plays the beginning, which leaves a village that works.
func (v *village) prepare(ctx context.Context) error {
	for _, step := range beginning(v) {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return v.close()
}

// village gives what a script begins with.
func (s *stage) village(ctx context.Context, play script) (*village, error) {
	if play.empty {
		return newVillage(s.next())
	}
	v, err := s.ready.copy(s.next())
	if err != nil {
		return nil, err
	}
	return v, v.open(ctx)
}

// scripts gives the scripts of a plan.
func (p Plan) scripts() (out []script, err error) {
	all := scripts()
	if len(p.Scripts) == 0 {
		return all, nil
	}
	for _, n := range p.Scripts {
		if n < 0 || n >= len(all) {
			return nil, fmt.Errorf("there is no script %d; there are %d", n, len(all))
		}
		out = append(out, all[n])
	}
	return out, nil
}

// chance gives the random numbers of one purpose.
func chance(seed, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose)) //nolint:gosec // it has to be the same again, not secret
}
