package fleet

import (
	"context"
	"maps"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/internal/simtest/link"
)

// A witness is a tablet that lies at the office: it knows how far the server has come.
type witness struct {
	store *clientlib.Store
	wire  *wire
}

// newWitness enrols one. A server that is put back to a backup that is made later knows it.
func (o *office) newWitness(ctx context.Context, path string) (*witness, error) {
	w := &witness{wire: &wire{net: &o.w.net, heard: func([]byte) {}}}
	w.wire.use(link.Good(0))
	defer w.wire.hangUp()
	made, err := o.srv.Accounts.Invite(ctx, o.admin, o.workers[o.country], "witness", []uuid.UUID{o.country})
	if err != nil {
		return nil, err
	}
	w.store, err = clientlib.Create(ctx, path, pin, clientlib.Options{
		Clock: o.now, Program: "fleet", HTTP: w.wire.client(), PlainHTTP: true, PINCost: cheap,
	})
	if err == nil {
		err = w.store.Enrol(ctx, address, made.Code, "")
	}
	return w, err
}

func (w *witness) close() {
	if w != nil && w.store != nil {
		_ = w.store.Close() // nobody needs what is in it any more
	}
}

// sync reports whether the witness has compared what it holds with the server.
func (w *witness) sync(ctx context.Context) bool {
	defer w.wire.hangUp()
	result, err := w.store.Sync(ctx, nil)
	return err == nil && result.Complete
}

// loseTail puts an older copy of the database into its place, behind everybody's back: nobody restores it.
// The first that comes to the server is one that has seen more of it in this epoch, and so the server has to
// notice.
func (o *office) loseTail(ctx context.Context) {
	if o.backup.used {
		o.back(ctx)
		return
	}
	if !o.backup.witness.sync(ctx) {
		return
	}
	o.w.fault("older copy of the office's disk")
	o.w.say("office", "finds an older copy of its disk")
	maps.Copy(o.decayed, o.missed)
	o.goBack(ctx, o.backup, func(dir string) error { return o.db.swap(ctx, dir, o.backup.name) })
	if !o.down && !o.machine.dead.Load() && !o.backup.witness.sync(ctx) {
		o.w.broke("a lost tail is noticed", "the tablet at the office does not get through")
	}
}
