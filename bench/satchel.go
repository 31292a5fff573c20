package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"satchel/internal/village"
	"satchel/server"
	"satchel/syncproto"
)

// satchel is the real program, in a process of its own, that real devices' requests reach over HTTP.
type satchel struct {
	// program is the path of the program, dir the data directory.
	program, dir string

	*process
}

// buildSatchel builds the program into a directory.
func buildSatchel(ctx context.Context, bin string) error {
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", bin+"/", "./cmd/satchel").CombinedOutput(); err != nil {
		return fmt.Errorf("build satchel: %w\n%s", err, out)
	}
	return nil
}

func (s *satchel) name() string { return s.title }

func (*satchel) promise() string {
	return "on the disk, by an fsync of each transaction; changes are merged, with their history, and what clashes is kept for a person"
}

func (s *satchel) begin(ctx context.Context, dir string, ls []load) ([]client, error) {
	s.dir = dir
	pens, err := furnish(ctx, server.Config{Dir: dir}, ls)
	if err != nil {
		return nil, err
	}
	if s.process, err = start(ctx, s.program, "serve", "--data", dir, "--listen", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	out := make([]client, len(ls))
	for i, l := range ls {
		pens[i].address = s.address
		if out[i], err = pens[i].client(l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *satchel) office(args ...string) []string {
	return append([]string{s.program, "--data", s.dir}, args...)
}

func (s *satchel) sql(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, server.DatabaseFile)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // what is attached is so for one connection
	_, err = db.ExecContext(ctx, "ATTACH ? AS plain", filepath.Join(s.dir, "plain.db"))
	return db, err
}

// furnish makes a database with an area, a worker and a device for each load.
func furnish(ctx context.Context, config server.Config, ls []load) (pens []*pen, err error) {
	o, err := openOffice(ctx, config)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	transport := &http.Transport{MaxIdleConnsPerHost: len(ls), DisableCompression: true}
	for i, l := range ls {
		area := l.village.Area
		if err := o.settle(ctx, area, fmt.Sprint("Village ", i)); err != nil {
			return nil, err
		}
		worker, err := o.employ(ctx, fmt.Sprint("worker", i), area)
		if err != nil {
			return nil, err
		}
		p, err := o.pen(ctx, worker, area, transport)
		if err != nil {
			return nil, err
		}
		pens = append(pens, p)
	}
	return pens, nil
}

// A pen is a device without a store: it says what a device's requests say, and keeps nothing.
type pen struct {
	address        string
	device, author uuid.UUID
	access         string
	// refresh is what it gets a new access token with, which is due at renewAt.
	refresh string
	renewAt time.Time
	http    *http.Client
	tip     syncproto.Tip
	// page is how many records it asks for with what it sends, 1 if it is 0.
	page int
	// made are the creations of the records.
	made map[uuid.UUID]creation
}

// A creation is a change that made a record.
type creation struct {
	version syncproto.Version
	fields  map[string]syncproto.Value
}

// client gives the device's side of a load, whose requests it encodes.
func (p *pen) client(l load) (client, error) {
	made, err := p.encode(l.made)
	if err != nil {
		return client{}, err
	}
	edited, err := p.encode(l.edited)
	return client{
		push: func(ctx context.Context) error { return p.send(ctx, made) },
		edit: func(ctx context.Context) error { return p.send(ctx, edited) },
		pull: p.pull,
	}, err
}

// encode gives the bodies of the requests that carry batches, one after the other.
func (p *pen) encode(batches [][]village.Entry) ([][]byte, error) {
	var out [][]byte
	for _, batch := range batches {
		req := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: p.device, Known: p.tip, Clock: time.Now().UnixMilli(), Page: max(p.page, 1)}
		for _, e := range batch {
			c, err := p.change(e)
			if err != nil {
				return nil, err
			}
			req.Changes = append(req.Changes, c)
		}
		body, err := pack(req)
		if err != nil {
			return nil, err
		}
		out = append(out, body)
	}
	return out, nil
}

// change gives the next change of the device.
func (p *pen) change(e village.Entry) (syncproto.Change, error) {
	n := p.tip.N + 1
	c := syncproto.Change{N: n, Form: n, Collection: e.Collection, Record: e.Record, Author: p.author, Claimed: e.At, Fields: map[string]syncproto.Value{}}
	for name, x := range e.Fields {
		value, err := syncproto.ValueOf(x)
		if err != nil {
			return c, err
		}
		c.Fields[name] = value
	}
	made, edits := p.made[e.Record]
	if edits {
		c.Base = map[string][]syncproto.Version{}
		for field := range c.Fields {
			if made.fields[field] != "" {
				c.Base[field] = []syncproto.Version{made.version}
			}
		}
	}
	p.tip = syncproto.Tip{N: n, Hash: c.Chain(p.tip.Hash)}
	if !edits {
		p.made[e.Record] = creation{p.tip.Version(p.device), c.Fields}
	}
	return c, nil
}

func pack(req syncproto.Request) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := errors.Join(syncproto.WriteRequest(z, req), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// send sends bodies one after the other, and fails unless all changes of each are applied.
func (p *pen) send(ctx context.Context, bodies [][]byte) error {
	for _, body := range bodies {
		text, err := p.exchange(ctx, body)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte(`"held"`)) || !bytes.Contains(text, []byte(`"applied"`)) {
			return fmt.Errorf("not everything was applied: %.300s", text)
		}
	}
	return nil
}

// exchange posts a body of a sync and gives what the reply says.
func (p *pen) exchange(ctx context.Context, body []byte) ([]byte, error) {
	if err := p.renew(ctx); err != nil {
		return nil, err
	}
	return p.post(ctx, "/api/v1/sync", body, http.Header{
		"Authorization": {"Bearer " + p.access}, "Content-Type": {syncproto.MediaType},
		"Content-Encoding": {"gzip"}, "Accept-Encoding": {"gzip"},
	})
}

// renew gets a new access token, if it is time: many records, or many devices, take longer than one lives.
func (p *pen) renew(ctx context.Context) error {
	if time.Now().Before(p.renewAt) {
		return nil
	}
	body, err := json.Marshal(map[string]string{"refresh": p.refresh})
	if err != nil {
		return err
	}
	answer, err := p.post(ctx, "/api/v1/token", body, http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	var out struct {
		Access, Refresh string
		ExpiresIn       int64 `json:"expires_in"`
	}
	err = json.Unmarshal(answer, &out)
	p.access, p.refresh, p.renewAt = out.Access, out.Refresh, time.Now().Add(time.Duration(out.ExpiresIn)*time.Second/2)
	return err
}

// post posts a body and gives the answer, unpacked.
func (p *pen) post(ctx context.Context, path string, body []byte, header http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if err := busy(res); err != nil {
		return nil, err
	}
	var from io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		if from, err = gzip.NewReader(res.Body); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(from)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server answered %s: %s", res.Status, text)
	}
	return text, err
}

// pull fetches page after page from nothing on. Like the other systems' clients it does not look into the records.
func (p *pen) pull(ctx context.Context) (records int, err error) {
	req := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: p.device, Clock: time.Now().UnixMilli(), Page: syncproto.MaxPageRecords}
	for {
		body, err := pack(req)
		if err != nil {
			return records, err
		}
		text, err := p.exchange(ctx, body)
		if err != nil {
			return records, err
		}
		var head struct{ Epoch string }
		var last struct {
			End struct {
				Records int
				Cursors map[uuid.UUID]int64
				More    bool
			}
		}
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		if err := errors.Join(json.Unmarshal(lines[0], &head), json.Unmarshal(lines[len(lines)-1], &last)); err != nil {
			return records, err
		}
		records += last.End.Records
		if !last.End.More {
			return records, nil
		}
		req.Epoch, req.Cursors = head.Epoch, last.End.Cursors
	}
}
