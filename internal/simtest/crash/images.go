package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"satchel/clientlib"
	"satchel/internal/simtest/disk"
	"satchel/server"
)

// Images plays scripts and takes crash images, until there are as many as the plan wants or one of them
// breaks a promise. The error says which, and how to see it again.
func Images(ctx context.Context, plan Plan) (Report, error) {
	scripts, err := plan.scripts()
	if err != nil {
		return Report{}, err
	}
	s, err := newStage(ctx, plan)
	if err != nil {
		return Report{}, err
	}
	for i := 0; s.report.images() < plan.Images && err == nil; i++ {
		seed, play := plan.Seed+uint64(i), scripts[i%len(scripts)]
		if err = s.photograph(ctx, seed, play); err != nil {
			err = fmt.Errorf("seed %d, script %q alone: %w", seed, play.name, err)
		}
	}
	return s.report, errors.Join(err, s.close())
}

// A photographer takes the images of one play.
type photographer struct {
	stage   *stage
	village *village
	r       *rand.Rand

	// mu is held while an image is taken: what is going on at the other disks waits.
	mu sync.Mutex
	// office and tablet count the images of this play: what was taken before must not decide.
	office, tablet int
	err            error
}

// photograph plays a script once.
func (s *stage) photograph(ctx context.Context, seed uint64, play script) error {
	v, err := s.village(ctx, play)
	if err != nil {
		return err
	}
	defer v.remove()
	p := &photographer{stage: s, village: v, r: chance(seed, 0)}
	for i, site := range v.sites() {
		if s.plan.Lies {
			site.disk.Lie("-wal")
		}
		site.disk.Watch(func(op disk.Op) { p.see(ctx, i, op) })
	}
	for _, step := range play.steps(v) {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		if p.broken() != nil || ctx.Err() != nil {
			return errors.Join(p.broken(), ctx.Err())
		}
	}
	if err := v.close(); err != nil {
		return err
	}
	s.report.Played++
	return p.broken()
}

func (p *photographer) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// see takes an image before some of the operations: of the office's about as many as of the tablets'.
func (p *photographer) see(ctx context.Context, site int, op disk.Op) {
	p.mu.Lock()
	defer p.mu.Unlock()
	report := &p.stage.report
	rare := site == 0 && p.office > p.tablet || site > 0 && p.tablet > p.office
	if wanted := p.r.IntN(map[bool]int{true: 20, false: 4}[rare]) == 0; !wanted || p.err != nil || report.images() >= p.stage.plan.Images {
		return
	}
	if site == 0 {
		p.office, report.Office = p.office+1, report.Office+1
	} else {
		p.tablet, report.Tablet = p.tablet+1, report.Tablet+1
	}
	if err := p.take(ctx, site, chance(p.r.Uint64(), 1)); err != nil {
		p.err = fmt.Errorf("image %d of the play, of %s before %s: %w", p.office+p.tablet, p.village.sites()[site].name, op, err)
	}
}

// take takes one image, and checks what is in it; some it also follows to the end.
func (p *photographer) take(ctx context.Context, site int, r *rand.Rand) error {
	ledgers := p.village.ledgers()
	image := p.stage.next()
	if err := os.MkdirAll(image, 0o700); err != nil {
		return fmt.Errorf("make an image: %w", err)
	}
	defer func() { _ = os.RemoveAll(image) }() // scratch
	if err := p.village.sites()[site].disk.Image(image, r); err != nil {
		return err
	}
	if err := p.inspect(ctx, image, site, ledgers, r); err != nil {
		return err
	}
	if r.IntN(8) == 0 && p.village.office.admin != [16]byte{} {
		return p.follow(ctx, r)
	}
	return nil
}

// inspect opens an image and checks it. The image is on a disk of its own, so that some can lose power
// again while they are opened.
func (p *photographer) inspect(ctx context.Context, image string, site int, ledgers []ledger, r *rand.Rand) error {
	d, err := disk.New(image)
	if err != nil {
		return err
	}
	defer d.Close()
	again := ""
	if at := int64(1 + r.IntN(64)); at < 16 {
		d.Watch(func(op disk.Op) {
			if op.Number == at && err == nil {
				again = p.stage.next()
				err = errors.Join(os.MkdirAll(again, 0o700), d.Image(again, r))
			}
		})
	}
	if broken := p.open(ctx, image, site, ledgers); broken != nil || err != nil {
		return errors.Join(broken, err)
	}
	if again == "" {
		return nil
	}
	p.stage.report.Again++
	defer func() { _ = os.RemoveAll(again) }() // scratch
	if err := p.open(ctx, again, site, ledgers); err != nil {
		return fmt.Errorf("where the power was cut again while it was opened: %w", err)
	}
	return nil
}

func (p *photographer) open(ctx context.Context, image string, site int, ledgers []ledger) error {
	if site > 0 {
		return p.openTablet(ctx, image, ledgers[site])
	}
	srv, err := server.Open(ctx, server.Config{Dir: image, Now: p.village.now})
	if err != nil {
		return fmt.Errorf("%w: the server does not open: %w", ErrLost, err)
	}
	return errors.Join(checkOffice(ctx, srv, ledgers), srv.Close())
}

func (p *photographer) openTablet(ctx context.Context, image string, l ledger) error {
	t := &tablet{site: site{dir: image}, village: p.village}
	store, err := clientlib.Open(ctx, t.path(), pin, p.village.options())
	switch {
	case errors.Is(err, clientlib.ErrNoStore) && !l.made:
		store, err = clientlib.Create(ctx, t.path(), pin, p.village.options())
	case errors.Is(err, clientlib.ErrWiped) && l.revoked:
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: the tablet's store does not open: %w", ErrLost, err)
	}
	return errors.Join(checkTablet(ctx, store, l), store.Close())
}

// follow cuts the power everywhere, starts everything again, and syncs to the end.
func (p *photographer) follow(ctx context.Context, r *rand.Rand) error {
	v, err := p.village.after(p.stage.next(), r)
	if err != nil {
		return err
	}
	defer v.remove()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := v.open(ctx); err != nil {
		return err
	}
	p.stage.report.Synced++
	if err := v.finish(ctx); err != nil {
		return fmt.Errorf("after the power was cut everywhere: %w", err)
	}
	return nil
}
