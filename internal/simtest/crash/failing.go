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

// A fault is how a disk fails.
type fault struct {
	site    int
	op      int64
	failure disk.Failure
	forGood bool
}

func (f fault) String() string {
	howLong := "once"
	if f.forGood {
		howLong = "for good"
	}
	return fmt.Sprintf("site %d, operation %d of the script fails %s with %s", f.site, f.op, howLong, f.failure)
}

// Failing plays each script of a plan once for each operation of each of its disks, which fails: once
// and for good, with an I/O error and as on a full disk. Whoever asked has to be told what is safe, what
// was promised before has to stay, and once the disk is well everything has to go on to the end. The
// error says what does not.
func Failing(ctx context.Context, plan Plan) (Report, error) {
	return staged(ctx, plan, func(s *stage, play script) error {
		counts, err := s.rehearse(ctx, play)
		if err != nil {
			return fmt.Errorf("without a fault: %w", err)
		}
		for _, f := range plan.faults(counts) {
			if err := s.suffer(ctx, play, f); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
			s.tell()
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

// faults gives every fault of a script whose disks are asked for so many operations.
func (p Plan) faults(counts []int64) (out []fault) {
	every := int64(max(p.Every, 1))
	first := 1 + chance(p.Seed, 0).Int64N(every)
	for site, count := range counts {
		for op := first; op <= count; op += every {
			for _, failure := range []disk.Failure{disk.EIO, disk.Full} {
				out = append(out, fault{site, op, failure, false}, fault{site, op, failure, true})
			}
		}
	}
	return out
}

// rehearse plays a script without a fault, and counts the operations of its disks.
func (s *stage) rehearse(ctx context.Context, play script) (counts []int64, err error) {
	v, err := s.village(ctx, play)
	if err != nil {
		return nil, err
	}
	defer v.remove()
	before := v.operations()
	for _, step := range play.steps(v) {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	for i, after := range v.operations() {
		counts = append(counts, after-before[i])
	}
	return counts, v.finish(ctx)
}

func (v *village) operations() (out []int64) {
	for _, s := range v.sites() {
		out = append(out, s.disk.Ops())
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
	ill := v.sites()[f.site]
	ill.disk.FailAt(ill.disk.Ops()+f.op, f.failure, f.forGood)
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
	s.report.Operations++
	return v.end(ctx)
}

// end heals the disks, and follows the village to the end and once more after a start.
func (v *village) end(ctx context.Context) error {
	for _, s := range v.sites() {
		s.disk.FailAt(0, "", false)
		s.disk.Limit(-1)
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
	ill := v.sites()[f.site]
	if f.forGood {
		if again := within(ctx, step.do); errors.Is(again, errHangs) {
			return fmt.Errorf("while the disk is broken: %w", again)
		}
	}
	ill.disk.FailAt(0, "", false)
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
