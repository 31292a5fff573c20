package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
)

// rxdb is RxDB's server, in a process of its own, in memory: its storages for a server's own disk are sold, and the
// other free ones are database servers. It has one collection: a filter by area would have it look at all records for
// every device. So the devices pull them all once, together, one page for whoever asks next.
type rxdb struct {
	*process
	*peer

	// pulling guards where the next page begins, and whether there is none.
	pulling sync.Mutex
	id, lwt string
	done    bool
}

// rxdbPage is how many records a page has. A page costs RxDB something whatever it holds: of pages of 1,000 it sends a
// fifth less in the same time.
const rxdbPage = 5000

func (r *rxdb) name() string { return r.title }

func (*rxdb) promise() string {
	return "nothing, it is memory: all is gone with the process; an edit of an old state is answered with the newer one, for the device to merge, without a history"
}

func (r *rxdb) begin(ctx context.Context, _ string, ls []load) ([]client, error) {
	programs, err := npmPackages(ctx)
	if err != nil {
		return nil, err
	}
	if r.process, err = start(ctx, "node", filepath.Join(programs, "rxdb.js")); err != nil {
		return nil, err
	}
	r.peer = newPeer(r.process.address, len(ls))
	out := make([]client, len(ls))
	for i, l := range ls {
		batches, err := documents(l)
		if err != nil {
			return nil, err
		}
		var made, edited [][]byte
		for _, batch := range batches {
			creates, updates := make([][]byte, len(batch)), make([][]byte, len(batch))
			for j, d := range batch {
				state := fmt.Sprintf(`{"id":%q,"doc":%s,"_deleted":false}`, d.id, d.made)
				creates[j] = fmt.Appendf(nil, `{"newDocumentState":%s}`, state)
				updates[j] = fmt.Appendf(nil, `{"assumedMasterState":%s,"newDocumentState":{"id":%q,"doc":%s,"_deleted":false}}`, state, d.id, d.edited)
			}
			made, edited = append(made, rows(creates)), append(edited, rows(updates))
		}
		out[i] = client{
			push: func(ctx context.Context) error { return r.send(ctx, made) },
			edit: func(ctx context.Context) error { return r.send(ctx, edited) },
			pull: r.pull,
		}
	}
	return out, nil
}

func rows(all [][]byte) []byte {
	return fmt.Appendf(nil, "[%s]", bytes.Join(all, []byte(",")))
}

// send sends bodies one after the other. An answer lists what was not taken.
func (r *rxdb) send(ctx context.Context, bodies [][]byte) error {
	for _, body := range bodies {
		answer, err := r.call(ctx, http.MethodPost, "/records/0/push", body)
		if err != nil {
			return err
		}
		if string(answer) != "[]" {
			return fmt.Errorf("RxDB did not take everything: %.1000s", answer)
		}
	}
	return nil
}

// pull fetches pages until there is no more. What is in them is counted while another device's page is on its way.
func (r *rxdb) pull(ctx context.Context) (records int, err error) {
	for {
		page, err := r.page(ctx)
		if err != nil || page == nil {
			return records, err
		}
		records += bytes.Count(page, []byte(`"_deleted":`)) // every record has it once
	}
}

// page fetches the next page; behind the last there is none.
func (r *rxdb) page(ctx context.Context) (page []byte, err error) {
	r.pulling.Lock()
	defer r.pulling.Unlock()
	if r.done {
		return nil, nil
	}
	query := url.Values{"id": {r.id}, "lwt": {r.lwt}, "limit": {fmt.Sprint(rxdbPage)}}
	if page, err = r.call(ctx, http.MethodGet, "/records/0/pull?"+query.Encode(), nil); err != nil {
		return nil, err
	}
	if r.done = bytes.Count(page, []byte(`"_deleted":`)) < rxdbPage; r.done {
		return page, nil
	}
	if r.id, err = after(page, `"id":"`, `"`); err != nil {
		return nil, err
	}
	r.lwt, err = after(page, `"lwt":`, ",}")
	return page, err
}
