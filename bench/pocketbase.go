package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
)

// pocketbase is PocketBase in a process of its own, as bench/peers/pocketbase sets it up. Records go up through its
// batches, which are transactions, and each device pulls its own by its area, page after page along an index.
type pocketbase struct {
	// program is the path of the program.
	program string

	*process
}

// buildPocketBase builds the program from its own module into a directory.
func buildPocketBase(ctx context.Context, bin string) error {
	build := exec.CommandContext(ctx, "go", "build", "-C", "bench/peers/pocketbase", "-o", filepath.Join(bin, "pocketbase"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build bench/peers/pocketbase: %w\n%s", err, out)
	}
	return nil
}

func (p *pocketbase) name() string { return p.title }

func (*pocketbase) promise() string {
	return "written, not fsynced (SQLite in WAL with synchronous=NORMAL): a power cut takes back what came since the last checkpoint; the last to write wins, without a history"
}

func (p *pocketbase) begin(ctx context.Context, dir string, ls []load) (_ []client, err error) {
	if p.process, err = start(ctx, p.program, dir); err != nil {
		return nil, err
	}
	far := newPeer(p.address, len(ls))
	out := make([]client, len(ls))
	for i, l := range ls {
		batches, err := documents(l)
		if err != nil {
			return nil, err
		}
		area := l.village.Area.String()
		var made, edited []pocketbaseBatch
		for _, batch := range batches {
			var creates, updates pocketbaseBatch
			for _, d := range batch {
				id := strings.ReplaceAll(d.id, "-", "") // as PocketBase's own have none
				creates.add("POST", "/api/collections/records/records", fmt.Sprintf(`{"id":%q,"area":%q,"doc":%s}`, id, area, d.made))
				updates.add("PATCH", "/api/collections/records/records/"+id, fmt.Sprintf(`{"doc":%s}`, d.edited))
			}
			made, edited = append(made, creates.close()), append(edited, updates.close())
		}
		out[i] = client{
			push: func(ctx context.Context) error { return sendPocketBase(ctx, far, made) },
			edit: func(ctx context.Context) error { return sendPocketBase(ctx, far, edited) },
			pull: func(ctx context.Context) (int, error) { return pullPocketBase(ctx, far, area) },
		}
	}
	return out, nil
}

// A pocketbaseBatch is the body of a batch, and how many requests it has.
type pocketbaseBatch struct {
	body     []byte
	requests int
}

func (b *pocketbaseBatch) add(method, url, body string) {
	b.requests++
	b.body = fmt.Appendf(b.body, `,{"method":%q,"url":%q,"body":%s}`, method, url, body)
}

func (b *pocketbaseBatch) close() pocketbaseBatch {
	return pocketbaseBatch{fmt.Appendf(nil, `{"requests":[%s]}`, b.body[1:]), b.requests}
}

func sendPocketBase(ctx context.Context, far *peer, batches []pocketbaseBatch) error {
	for _, b := range batches {
		answer, err := far.call(ctx, http.MethodPost, "/api/batch", b.body)
		if err != nil {
			return err
		}
		if done := bytes.Count(answer, []byte(`"status":200`)); done != b.requests {
			return fmt.Errorf("PocketBase did %d of %d requests: %.1000s", done, b.requests, answer)
		}
	}
	return nil
}

// pullPocketBase fetches the records of an area in the order of their ids: each page goes on behind the last id of the
// one before, which an index finds, where a page's number would have it count.
func pullPocketBase(ctx context.Context, far *peer, area string) (records int, err error) {
	last := ""
	for {
		query := url.Values{
			"filter": {fmt.Sprintf("area='%s' && id>'%s'", area, last)}, "sort": {"id"},
			"perPage": {fmt.Sprint(batchRecords)}, "skipTotal": {"1"},
		}
		page, err := far.call(ctx, http.MethodGet, "/api/collections/records/records?"+query.Encode(), nil)
		if err != nil {
			return records, err
		}
		came := bytes.Count(page, []byte(`"collectionId":`)) // every record has it once
		records += came
		if came < batchRecords {
			return records, nil
		}
		if last, err = after(page, `"id":"`, `"`); err != nil {
			return records, err
		}
	}
}
