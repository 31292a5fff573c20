package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
)

// couchdb is a server of CouchDB's protocol, express-pouchdb, in a process of its own. Each device has a database
// there, as is usual with CouchDB, where a client replicates a database and not a part of it.
type couchdb struct{ *process }

func (c *couchdb) name() string { return c.title }

func (*couchdb) promise() string {
	return "written, not fsynced (LevelDB's default): a power cut takes back the last of it; an edit of an old revision is refused or kept beside the other, whole, and nothing is merged"
}

func (c *couchdb) begin(ctx context.Context, dir string, ls []load) ([]client, error) {
	programs, err := npmPackages(ctx)
	if err != nil {
		return nil, err
	}
	if c.process, err = start(ctx, "node", filepath.Join(programs, "couchdb.js"), dir); err != nil {
		return nil, err
	}
	far := newPeer(c.address, len(ls))
	out := make([]client, len(ls))
	for i, l := range ls {
		batches, err := documents(l)
		if err != nil {
			return nil, err
		}
		d := &couchdbDevice{far: far, database: fmt.Sprintf("/device%d", i)}
		if _, err := far.call(ctx, http.MethodPut, d.database, nil); err != nil {
			return nil, err
		}
		for _, batch := range batches {
			made, edited := make([][]byte, len(batch)), make([][]byte, len(batch))
			for j, doc := range batch {
				made[j] = fmt.Appendf(nil, `{"_id":%q,%s`, doc.id, doc.made[1:])
				edited[j] = fmt.Appendf(nil, `{"_id":%q,"_rev":"%s",%s`, doc.id, noRevision, doc.edited[1:])
			}
			d.made, d.edited = append(d.made, bulk(made)), append(d.edited, bulk(edited))
		}
		out[i] = client{push: d.push, edit: d.edit, pull: d.pull}
	}
	return out, nil
}

// noRevision stands in an edit where the revision goes that only the answer to the push tells.
const noRevision = "0-00000000000000000000000000000000"

// A couchdbDevice is a device with its database, and the bodies of its requests.
type couchdbDevice struct {
	far          *peer
	database     string
	made, edited []couchdbBulk
}

// A couchdbBulk is the body of a request, and how many documents it has.
type couchdbBulk struct {
	body      []byte
	documents int
}

func bulk(docs [][]byte) couchdbBulk {
	return couchdbBulk{fmt.Appendf(nil, `{"docs":[%s]}`, bytes.Join(docs, []byte(","))), len(docs)}
}

// push sends the new documents, and writes their revisions into the edits that wait for them.
func (d *couchdbDevice) push(ctx context.Context) error {
	for i, b := range d.made {
		revisions, err := d.send(ctx, b)
		if err != nil {
			return err
		}
		rest := d.edited[i].body
		for _, revision := range revisions {
			rest = rest[bytes.Index(rest, []byte(noRevision)):]
			copy(rest, revision)
		}
	}
	return nil
}

func (d *couchdbDevice) edit(ctx context.Context) error {
	for _, b := range d.edited {
		if _, err := d.send(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// send sends documents, fails unless all are accepted, and gives their revisions.
func (d *couchdbDevice) send(ctx context.Context, b couchdbBulk) (revisions []string, err error) {
	answer, err := d.far.call(ctx, http.MethodPost, d.database+"/_bulk_docs", b.body)
	if err != nil {
		return nil, err
	}
	var said []struct {
		OK  bool
		Rev string
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, fmt.Errorf("read the answer to _bulk_docs: %w", err)
	}
	for _, s := range said {
		if s.OK && len(s.Rev) == len(noRevision) {
			revisions = append(revisions, s.Rev)
		}
	}
	if len(revisions) != b.documents {
		return nil, fmt.Errorf("%d of %d documents were accepted: %.1000s", len(revisions), b.documents, answer)
	}
	return revisions, nil
}

// pull follows the changes from the first, with their documents, as a client does that replicates.
func (d *couchdbDevice) pull(ctx context.Context) (records int, err error) {
	since := "0"
	for {
		page, err := d.far.call(ctx, http.MethodGet, fmt.Sprintf("%s/_changes?include_docs=true&limit=%d&since=%s", d.database, batchRecords, since), nil)
		if err != nil {
			return records, err
		}
		came := bytes.Count(page, []byte(`"changes":[`)) // every record has it once
		records += came
		if came < batchRecords {
			return records, nil
		}
		if since, err = after(page, `"last_seq":`, ",}\n"); err != nil {
			return records, err
		}
	}
}
