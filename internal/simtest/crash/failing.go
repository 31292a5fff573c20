package crash

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"satchel/internal/simtest/disk"
	"satchel/syncproto"
)

// A fault is how a disk fails: at an operation of a script or, if that is 0, once its files have grown
// by more than there is room for.
type fault struct {
	site    int
	op      int64
	failure disk.Failure
	forGood bool
	room    int64
}

func (f fault) String() string {
	switch {
	case f.op == 0:
		return fmt.Sprintf("site %d has room for %d bytes", f.site, f.room)
	case f.forGood:
		return fmt.Sprintf("site %d, operation %d of the script and all that follow fail with %s", f.site, f.op, f.failure)
	}
	return fmt.Sprintf("site %d, operation %d of the script fails once with %s", f.site, f.op, f.failure)
}

// strike has a disk fail from now on, heal makes it well.
func (f fault) strike(d *disk.Disk) {
	if f.op == 0 {
		d.Limit(d.Size() + f.room)
		return
	}
	d.FailAt(d.Ops()+f.op, f.failure, f.forGood)
}

func heal(d *disk.Disk) {
	d.FailAt(0, "", false)
	d.Limit(-1)
}

// Failing plays each script of a plan once for each operation of each of its disks, which fails: once
// and for good, with an I/O error and as on a full disk. Whoever asked has to be told what is safe, what
// was promised before has to stay, and once the disk is well everything has to go on to the end. The
// error says what does not.
func Failing(ctx context.Context, plan Plan) (Report, error) {
	return inflict(ctx, plan, plan.failures)
}

// Full plays each script of a plan on disks that have less room than it takes, and expects the same as
// [Failing].
func Full(ctx context.Context, plan Plan) (Report, error) {
	return inflict(ctx, plan, plan.shortages)
}

// inflict plays each script with each fault that is due for what it takes.
func inflict(ctx context.Context, plan Plan, faults func([]extent) [][]fault) (Report, error) {
	return staged(ctx, plan, func(s *stage, play script) error {
		takes, err := s.rehearse(ctx, play)
		if err != nil {
			return fmt.Errorf("without a fault: %w", err)
		}
		for _, there := range faults(takes) {
			for _, f := range there {
				if err := s.suffer(ctx, play, f); err != nil {
					return fmt.Errorf("%s: %w", f, err)
				}
				s.report.Faults++
			}
			s.report.Points++
		}
		return nil
	})
}

// staged does something with each script of a plan.
func staged(ctx context.Context, plan Plan, do func(s *stage, play script) error) (Report, error) {
	scripts, err := plan.scripts()
	if err != nil {
		return Report{}, err
	}
	s, err := newStage(ctx, plan)
	if err != nil {
		return Report{}, err
	}
	for _, play := range scripts {
		if err = do(s, play); err != nil {
			err = fmt.Errorf("script %q: %w", play.name, err)
			break
		}
	}
	return s.report, errors.Join(err, s.close())
}

// An extent is what a script takes of a disk.
type extent struct{ ops, bytes int64 }

// points gives where a plan has faults between two places that are counted in units.
func (p Plan) points(unit, first, end int64) (out []int64) {
	every := int64(max(p.Every, 1)) * unit
	first += chance(p.Seed, 0).Int64N(every) + every*int64(p.Part)
	for at := first; at < end; at += every * int64(max(p.Parts, 1)) {
		out = append(out, at)
	}
	return out
}

// failures gives for each operation the ways in which it can fail.
func (p Plan) failures(takes []extent) (out [][]fault) {
	for site, takes := range takes {
		for _, op := range p.points(1, 1, takes.ops+1) {
			var ways []fault
			for _, failure := range []disk.Failure{disk.EIO, disk.Full} {
				ways = append(ways, fault{site: site, op: op, failure: failure}, fault{site: site, op: op, failure: failure, forGood: true})
			}
			out = append(out, ways)
		}
	}
	return out
}

// shortages gives disks that are full soon, and such that are full late.
func (p Plan) shortages(takes []extent) (out [][]fault) {
	for site, takes := range takes {
		for _, room := range p.points(4096, 0, takes.bytes) {
			out = append(out, []fault{{site: site, room: room}})
		}
	}
	return out
}

// rehearse plays a script without a fault, and says what it takes of each disk.
func (s *stage) rehearse(ctx context.Context, play script) (takes []extent, err error) {
	v, err := s.village(ctx, play)
	if err != nil {
		return nil, err
	}
	defer v.remove()
	before := v.extents()
	for _, step := range play.steps(v) {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	for i, after := range v.extents() {
		takes = append(takes, extent{after.ops - before[i].ops, after.bytes - before[i].bytes})
	}
	return takes, v.finish(ctx)
}

func (v *village) extents() (out []extent) {
	for _, s := range v.sites() {
		out = append(out, extent{s.disk.Ops(), s.disk.Size()})
	}
	return out
}

// suffer plays a script with a fault.
func (s *stage) suffer(ctx context.Context, play script, f fault) error {
	v, err := s.village(ctx, play)
	if err != nil {
		return err
	}
	defer v.remove()
	f.strike(v.sites()[f.site].disk)
	for _, step := range play.steps(v) {
		err := within(ctx, step.do)
		if err == nil {
			continue
		}
		s.report.Errors++
		if err := v.recover(ctx, f, err, step); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return v.end(ctx)
}

// end heals the disks, and follows the village to the end and once more after a start.
func (v *village) end(ctx context.Context) error {
	for _, s := range v.sites() {
		heal(s.disk)
	}
	if err := within(ctx, v.finish); err != nil {
		return fmt.Errorf("in the end: %w", err)
	}
	if err := errors.Join(v.close(), v.open(ctx)); err != nil {
		return fmt.Errorf("in the end: %w", err)
	}
	return v.check(ctx)
}

// recover looks at what a step failed with, heals the disk, starts what has to be started again, and
// does the step again.
func (v *village) recover(ctx context.Context, f fault, failed error, step step) error {
	if err := f.clear(failed); err != nil {
		return err
	}
	if f.forGood || f.op == 0 {
		if again := within(ctx, step.do); again != nil && f.clear(again) != nil {
			return fmt.Errorf("while the disk is broken: %w", f.clear(again))
		}
	}
	heal(v.sites()[f.site].disk)
	if f.forGood {
		if err := v.restart(ctx, f.site); err != nil {
			return fmt.Errorf("when the disk is well again: %w", err)
		}
	}
	if err := within(ctx, v.checkWhatRuns); err != nil {
		return fmt.Errorf("after %w: %w", failed, err)
	}
	if err := within(ctx, step.do); err != nil {
		return fmt.Errorf("still, when the disk is well again: %w", err)
	}
	return nil
}

// restart starts the programs of a site again. What they say when they end on a disk that was broken is
// not asked for.
func (v *village) restart(ctx context.Context, site int) error {
	if site == 0 {
		_ = v.office.close()
	} else {
		_ = v.tablets[site-1].close()
	}
	return v.open(ctx)
}

// checkWhatRuns checks a village of which a part may not have been made yet.
func (v *village) checkWhatRuns(ctx context.Context) error {
	if err := v.open(ctx); err != nil {
		return err
	}
	return v.check(ctx)
}

// clear says what is wrong with what somebody was told when a disk failed: it has to say that what was
// recorded is safe and, where the office's disk is full, that it is.
func (f fault) clear(err error) error {
	var problem *syncproto.Problem
	switch {
	case errors.Is(err, errHangs):
		return err
	case f.op == 0 && f.site == 0 && !strings.Contains(err.Error(), "disk is full"):
		return fmt.Errorf("the office does not say that its disk is full: %w", err)
	case errors.As(err, &problem) && f.site == 0:
		if !strings.Contains(problem.Detail, "safe") && !strings.Contains(problem.Detail, "Nothing was changed") {
			return fmt.Errorf("the office does not say what is safe: %w", err)
		}
	case f.site > 0 && !strings.Contains(err.Error(), "safe") && !strings.Contains(err.Error(), "nothing is lost"):
		return fmt.Errorf("the tablet does not say what is safe: %w", err)
	}
	return nil
}

// errHangs means that something does not end.
var errHangs = errors.New("it hangs")

// patience is how long anything may take on disks in memory.
const patience = 30 * time.Second

// within does something, and gives up on it if it does not end.
func within(ctx context.Context, do func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- do(ctx) }()
	patient := time.NewTimer(patience)
	defer patient.Stop()
	select {
	case err := <-ended:
		return err
	case <-patient.C:
		return errHangs
	}
}
