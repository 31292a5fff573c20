package clientlib_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/syncproto"
)

// An office is the other side of the exchange: a server that keeps everything in memory and does, over
// real HTTP, real frames and the real merge, what the protocol says. What it does not need for testing
// a device, it does not have.
type office struct {
	t   testing.TB
	url string
	// handler is what answers at url.
	handler http.Handler

	mu    sync.Mutex
	books books
	codes map[string][]uuid.UUID // areas by enrolment code
	page  int                    // most records in a reply
	// now is the office's clock in ms, hold says with which code a change is to be held.
	now  func() int64
	hold func(syncproto.Change) string
	// lie changes a reply before it goes out.
	lie func(*syncproto.Reply)
	// requests counts exchanges by their outcome: "ok" or the code of the problem.
	requests map[string]int
	// expired has every access token refused until it is rotated.
	expired bool
	// healths are what tablets said of themselves, endings what they said that their syncs came to.
	healths []syncproto.Health
	endings []syncproto.Ending
	// restores counts how often the office went back to a backup.
	restores int
}

var (
	officeID = uuid.MustParse("019ab000-0000-7000-8000-0000000000ff")
	holder   = uuid.MustParse("019ab000-0000-7000-8000-0000000000aa")
	vranje   = uuid.MustParse("019ab000-0000-7000-8000-000000000001")
	kraljevo = uuid.MustParse("019ab000-0000-7000-8000-000000000002")
)

// newOffice starts an office that has two areas, and whose clock stands at 2020-04-30 09:00.
func newOffice(t testing.TB) *office {
	o := &office{t: t, codes: map[string][]uuid.UUID{}, page: 100, requests: map[string]int{}}
	o.books = books{
		epoch: "first", tablets: map[uuid.UUID]*tablet{}, records: map[uuid.UUID]*kept{},
		departures: map[syncproto.Departure]int64{}, arrived: map[syncproto.Version]int64{},
	}
	o.books.tablets[officeID] = &tablet{hashes: []syncproto.Hash{{}}}
	o.now = func() int64 { return april.UnixMilli() }
	o.write(vranje, "areas", map[string]any{"name": "Vranje", "level": "municipality"})
	o.write(kraljevo, "areas", map[string]any{"name": "Kraljevo", "level": "municipality"})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/v1/enrol", o.serve(o.enrol))
	mux.HandleFunc("POST /api/v1/token", o.serve(o.rotate))
	mux.HandleFunc("POST /api/v1/identity", o.serve(o.identity))
	mux.HandleFunc("POST /api/v1/sync", o.serve(o.sync))
	mux.HandleFunc("POST /api/v1/sync/end", o.end)
	o.handler = mux
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

var april = time.Date(2020, 4, 30, 9, 0, 0, 0, time.UTC)

// serve runs one handler at a time, and writes the problem that it returns.
func (o *office) serve(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		err := handle(w, r)
		var problem *syncproto.Problem
		switch {
		case errors.As(err, &problem):
			o.requests[string(problem.Code)]++
			w.Header().Set("Content-Type", syncproto.ProblemMediaType)
			w.WriteHeader(problem.Status)
			if err := json.NewEncoder(w).Encode(problem); err != nil {
				o.t.Error(err)
			}
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			o.requests["ok"]++
		}
	}
}

// invite gives a code for a tablet with those areas.
func (o *office) invite(areas ...uuid.UUID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	code := fmt.Sprintf("CODE-%d", len(o.codes))
	o.codes[code] = areas
	return code
}

func (o *office) enrol(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Code   string
		Device uuid.UUID
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	areas, ok := o.codes[in.Code]
	if !ok {
		return syncproto.Refuse(syncproto.CodeCodeInvalid, "The code is not known, used, or too old.")
	}
	delete(o.codes, in.Code)
	return o.welcome(w, in.Device, areas)
}

// welcome makes a new tablet, under the given id if it is free.
func (o *office) welcome(w http.ResponseWriter, id uuid.UUID, areas []uuid.UUID) error {
	if o.books.tablets[id] != nil || id == uuid.Nil {
		id = uuid.Must(uuid.NewV7())
	}
	o.books.tablets[id] = &tablet{areas: areas, hashes: []syncproto.Hash{{}}}
	return json.NewEncoder(w).Encode(map[string]any{
		"device": id, "name": "Tablet 1", "holder": holder, "server_time": o.now(),
		"access": o.access(id), "refresh": o.refresh(id, 0), "expires_in": 900,
	})
}

// access tokens name the device and the rotation that they came from.
func (o *office) access(id uuid.UUID) string {
	return fmt.Sprintf("%s:%d", id, o.books.tablets[id].token)
}

// refresh gives a refresh token, which only this office can have given.
func (o *office) refresh(id uuid.UUID, n int) string { return fmt.Sprintf("%s %d %s", id, n, o.url) }

// readRefresh gives the device and the number of a refresh token, no device if it is none of this office.
func (o *office) readRefresh(token string) (id uuid.UUID, n int) {
	parts := strings.Fields(token)
	if len(parts) != 3 || parts[2] != o.url {
		return uuid.Nil, 0
	}
	n, err := strconv.Atoi(parts[1])
	if err != nil {
		o.t.Error(err)
	}
	return uuid.MustParse(parts[0]), n
}

func (o *office) rotate(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Refresh string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return err
	}
	id, n := o.readRefresh(in.Refresh)
	tab := o.books.tablets[id]
	switch {
	case tab == nil || tab.ended:
		return syncproto.Refuse(syncproto.CodeTokenReused, "The token was used before.")
	case n >= tab.token: // more only after a restore
		tab.token = n + 1
	case n == tab.token-1 && tab.used < tab.token: // a repetition, whose reply was lost
	default:
		return syncproto.Refuse(syncproto.CodeTokenReused, "The token was used before.")
	}
	o.expired = false
	return json.NewEncoder(w).Encode(map[string]any{
		"access": o.access(id), "refresh": o.refresh(id, tab.token), "expires_in": 900,
	})
}

// bearer gives the tablet that sends a request.
func (o *office) bearer(r *http.Request) (uuid.UUID, *tablet, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	device, rotation, _ := strings.Cut(token, ":")
	id, err := uuid.Parse(device)
	tab := o.books.tablets[id]
	if err != nil || tab == nil {
		return id, nil, syncproto.Refuse(syncproto.CodeUnauthorized, "The token is not good.")
	}
	if o.expired {
		return id, nil, syncproto.Refuse(syncproto.CodeTokenExpired, "The token has expired.")
	}
	n, err := strconv.Atoi(rotation)
	tab.used = max(tab.used, n)
	return id, tab, err
}

// former gives the tablet for which a request with a proof, or of a branch, speaks.
func (o *office) former(present *tablet, request syncproto.Request) (*tablet, error) {
	id, _ := o.readRefresh(request.Proof)
	if request.Branch.Of != uuid.Nil {
		id = request.Branch.Device()
	}
	if id != request.Device || id == uuid.Nil {
		return nil, syncproto.Refuse(syncproto.CodeForbidden, "That is another device.")
	}
	return o.know(request.Device, present.areas), nil
}

// know gives the tablet of a former identity, and makes one that lets nobody in where there is none.
func (o *office) know(id uuid.UUID, areas []uuid.UUID) *tablet {
	if o.books.tablets[id] == nil {
		o.books.tablets[id] = &tablet{areas: areas, ended: true, hashes: []syncproto.Hash{{}}}
	}
	return o.books.tablets[id]
}

func (o *office) identity(w http.ResponseWriter, r *http.Request) error {
	_, tab, err := o.bearer(r)
	if err != nil {
		return err
	}
	return o.welcome(w, uuid.Nil, tab.areas)
}

func (o *office) sync(w http.ResponseWriter, r *http.Request) error {
	id, tab, err := o.bearer(r)
	if err != nil {
		return err
	}
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		return err
	}
	request, err := syncproto.ReadRequest(unpacked)
	if err != nil {
		return err
	}
	o.healths = append(o.healths, request.Health)
	handsIn := request.Device != id
	if handsIn {
		if tab, err = o.former(tab, request); err != nil {
			return err
		}
	}
	receipts, err := o.take(request.Device, tab, request)
	if err != nil {
		return err
	}
	for _, n := range request.Held {
		receipts = append(receipts, tab.receipts[n-1])
	}
	slices.SortFunc(receipts, func(a, b syncproto.Receipt) int { return int(a.N - b.N) })
	last := int64(len(tab.receipts))
	reply := syncproto.Reply{
		Protocol: syncproto.CurrentProtocol, Now: o.now(), Epoch: o.books.epoch, Mark: fmt.Sprint(o.books.seq), Revoked: tab.revoked && !handsIn,
		Tip: syncproto.Tip{N: last, Hash: tab.hashes[last]}, Receipts: receipts,
	}
	if !tab.revoked && !handsIn {
		o.fill(&reply, tab, request)
	}
	if o.lie != nil {
		o.lie(&reply)
	}
	w.Header().Set("Content-Type", syncproto.MediaType)
	w.Header().Set("Content-Encoding", "gzip")
	packed := gzip.NewWriter(w)
	if err := syncproto.WriteReply(packed, reply); err != nil {
		return err
	}
	return packed.Close()
}

// end takes down what a sync came to. It is no exchange, and not counted as one.
func (o *office) end(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var said syncproto.Ending
	_, _, err := o.bearer(r)
	if err == nil {
		err = json.NewDecoder(r.Body).Decode(&said)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.endings = append(o.endings, said)
	_, _ = w.Write([]byte(`{"safe":true}`)) // nobody waits for it
}

// take takes in a batch.
func (o *office) take(id uuid.UUID, tab *tablet, request syncproto.Request) ([]syncproto.Receipt, error) {
	have := int64(len(tab.receipts))
	known := request.Known
	tip := func(n int64) *syncproto.Tip { return &syncproto.Tip{N: n, Hash: tab.hashes[n]} }
	if known.N > have {
		problem := syncproto.Refuse(syncproto.CodeResendFrom, "The server was restored from a backup.")
		problem.Tip = tip(have)
		return nil, problem
	}
	forked := syncproto.Refuse(syncproto.CodeDeviceForked, "Somebody else writes under this identity.")
	if tab.hashes[known.N] != known.Hash {
		forked.Tip = tip(0)
		return nil, forked
	}
	if request.Epoch != "" && request.Epoch != o.books.epoch {
		return nil, nil
	}
	var out []syncproto.Receipt
	hash := known.Hash
	for i, c := range request.Changes {
		if c.N != known.N+1+int64(i) {
			return nil, syncproto.Refuse(syncproto.CodeFrameInvalid, "There is a gap before change %d.", c.N)
		}
		if err := c.Check(); err != nil {
			return nil, err
		}
		hash = c.Chain(hash)
		if c.N <= have && tab.hashes[c.N] != hash {
			forked.Tip = tip(c.N - 1)
			return nil, forked
		}
		if c.N > have {
			tab.hashes = append(tab.hashes, hash)
			tab.receipts = append(tab.receipts, o.merge(id, tab, c))
		}
		out = append(out, tab.receipts[c.N-1])
	}
	return out, nil
}

// merge takes in one change that is new.
func (o *office) merge(id uuid.UUID, tab *tablet, c syncproto.Change) syncproto.Receipt {
	now := o.now()
	var bases []int64
	for _, versions := range c.Base {
		for _, v := range versions {
			bases = append(bases, o.books.arrived[v])
		}
	}
	receipt := syncproto.Receipt{N: c.N, Time: syncproto.TimeOf(c.Claimed, now, bases...), Status: syncproto.Applied}
	rec := o.books.records[c.Record]
	switch {
	case tab.revoked:
		receipt.Status, receipt.Code = syncproto.Held, syncproto.HeldRevoked
	case o.hold != nil && o.hold(c) != "":
		receipt.Status, receipt.Code, receipt.Reason = syncproto.Held, o.hold(c), "The office wants to look at it."
	case rec == nil && !c.Creates():
		receipt.Status, receipt.Code = syncproto.Waiting, syncproto.WaitsForRecord
	default:
		receipt.Conflicts = o.apply(id, c, receipt.Time)
	}
	return receipt
}

// apply merges a change into its record, and gives the fields that are in conflict then.
func (o *office) apply(id uuid.UUID, c syncproto.Change, time int64) []string {
	b := &o.books
	b.seq++
	rec := b.records[c.Record]
	if rec == nil {
		rec = &kept{collection: c.Collection, entered: b.seq, touched: map[string]int64{}}
		b.records[c.Record] = rec
	}
	name := o.version(id, c.N)
	rec.state = syncproto.Merge(rec.state, c.Edit(name, time), func(v syncproto.Version) bool { return b.arrived[v] > 0 })
	b.arrived[name] = time
	rec.seq = b.seq
	for field, value := range c.Fields {
		rec.touched[field] = b.seq
		b.values = append(b.values, value)
	}
	if area := o.areaOf(rec); area != rec.area {
		was := rec.area
		rec.area, rec.entered = area, b.seq
		delete(b.departures, syncproto.Departure{Area: area, ID: c.Record})
		if was != uuid.Nil {
			b.departures[syncproto.Departure{Area: was, ID: c.Record}] = b.seq
			o.moveChildren(c.Record)
		}
	}
	return rec.state.Conflicts()
}

func (o *office) areaOf(rec *kept) uuid.UUID {
	collection, _ := syncproto.CollectionOf(rec.collection)
	for _, via := range collection.AreaVia {
		shown, _ := rec.state[via].Shown()
		id, err := uuid.Parse(shown.Value.Text())
		field, _ := collection.Field(via)
		switch {
		case err != nil:
		case field.Refers == "areas":
			return id
		case o.books.records[id] != nil:
			return o.books.records[id].area
		}
	}
	return uuid.Nil
}

func (o *office) moveChildren(parent uuid.UUID) {
	for id, rec := range o.books.records {
		area := o.areaOf(rec)
		if area == rec.area || id == parent {
			continue
		}
		o.books.seq++
		o.books.departures[syncproto.Departure{Area: rec.area, ID: id}] = o.books.seq
		rec.area, rec.seq, rec.entered = area, o.books.seq, o.books.seq
		o.moveChildren(id)
	}
}

// fill puts into a reply what a tablet has not got: a page of it.
func (o *office) fill(reply *syncproto.Reply, tab *tablet, request syncproto.Request) {
	reply.Areas = append([]uuid.UUID{syncproto.Everyone}, tab.areas...)
	reply.Workers = map[uuid.UUID]string{holder: "Milica Jovanović"}
	reply.Cursors = map[uuid.UUID]int64{}
	if request.Epoch == o.books.epoch {
		maps.Copy(reply.Cursors, request.Cursors)
	}
	maps.DeleteFunc(reply.Cursors, func(area uuid.UUID, _ int64) bool { return !slices.Contains(reply.Areas, area) })
	for _, area := range reply.Areas {
		o.fillArea(reply, area, reply.Cursors[area])
	}
	if reply.More {
		return
	}
	reply.Digests = map[uuid.UUID]syncproto.Digest{}
	for id, rec := range o.books.records {
		digest := syncproto.RecordOf(rec.collection, id, rec.area, rec.state).Digest()
		reply.Digests[rec.area] = reply.Digests[rec.area].Plus(digest)
	}
}

func (o *office) fillArea(reply *syncproto.Reply, area uuid.UUID, cursor int64) {
	from, begun := max(cursor, 0), cursor != 0
	cursor = max(cursor, -cursor)
	at := map[int64]uuid.UUID{}
	for id, rec := range o.books.records {
		if rec.area == area && rec.seq > cursor {
			at[rec.seq] = id
		}
	}
	for d, seq := range o.books.departures {
		if d.Area == area && seq > cursor && begun {
			at[seq] = d.ID
		}
	}
	left := 0
	for _, seq := range slices.Sorted(maps.Keys(at)) {
		if len(reply.Records)+len(reply.Departures) >= o.page {
			left++
			continue
		}
		reply.Cursors[area] = -seq
		rec := o.books.records[at[seq]]
		if rec.area != area || rec.seq != seq {
			reply.Departures = append(reply.Departures, syncproto.Departure{Area: area, ID: at[seq]})
			continue
		}
		record := syncproto.RecordOf(rec.collection, at[seq], area, rec.state)
		if from > 0 && rec.entered <= from {
			record.Whole = false
			maps.DeleteFunc(record.Fields, func(field string, _ syncproto.Cell) bool { return rec.touched[field] <= from })
		}
		reply.Records = append(reply.Records, record)
	}
	if reply.Left += left; left > 0 {
		reply.More = true
		return
	}
	reply.Cursors[area] = o.books.seq
}

// write has the office itself write fields of a record, having seen all that there is.
func (o *office) write(id uuid.UUID, collection string, fields map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	desk := o.books.tablets[officeID]
	c := syncproto.Change{
		N: int64(len(desk.receipts) + 1), Collection: collection, Record: id, Claimed: o.now(),
		Fields: map[string]syncproto.Value{}, Base: map[string][]syncproto.Version{}, Seen: map[string][]syncproto.Version{},
	}
	for name, content := range fields {
		value, err := syncproto.ValueOf(content)
		if err != nil {
			o.t.Fatal(err)
		}
		c.Fields[name] = value
	}
	if rec := o.books.records[id]; rec != nil {
		for name, register := range rec.state {
			c.Seen[name] = append(register.Known(), register.Open()...)
			if _, writes := c.Fields[name]; writes || name == syncproto.FieldDeleted {
				c.Base[name] = c.Seen[name]
			}
		}
	}
	desk.hashes = append(desk.hashes, c.Chain(desk.hashes[c.N-1]))
	desk.receipts = append(desk.receipts, o.merge(officeID, desk, c))
}

// version names a change of a tablet, or of the office itself.
func (o *office) version(id uuid.UUID, n int64) syncproto.Version {
	return syncproto.Tip{N: n, Hash: o.books.tablets[id].hashes[n]}.Version(id)
}

// newID gives an id for a record that the office makes.
func (o *office) newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// shown gives the value that the office shows of a field.
func (o *office) shown(id uuid.UUID, field string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	rec := o.books.records[id]
	if rec == nil {
		return "(no record)"
	}
	head, _ := rec.state[field].Shown()
	return head.Value.Text()
}

// conflicts gives the fields of a record that are in conflict.
func (o *office) conflicts(id uuid.UUID) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.books.records[id].state.Conflicts()
}

// count counts the requests that ended in that way: "ok" or the code of a problem.
func (o *office) count(outcome string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests[outcome]
}

// changesOf counts the changes that the office has of a device.
func (o *office) changesOf(id uuid.UUID) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.books.tablets[id].receipts)
}

// changesOfBranches counts the changes of all branches.
func (o *office) changesOfBranches() int {
	return o.changesWhere(func(id uuid.UUID) bool { return id.Version() == 8 })
}

// changesOfTablets counts the changes that were not made at the office.
func (o *office) changesOfTablets() int {
	return o.changesWhere(func(id uuid.UUID) bool { return id != officeID })
}

func (o *office) changesWhere(counts func(device uuid.UUID) bool) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, tab := range o.books.tablets {
		if counts(id) {
			n += len(tab.receipts)
		}
	}
	return n
}

// change does something to the office between two exchanges.
func (o *office) change(do func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	do()
}
