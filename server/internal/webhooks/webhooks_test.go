package webhooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/server/internal/accounts"
	"satchel/server/internal/engine"
	"satchel/server/internal/review"
	"satchel/server/internal/store"
	"satchel/server/internal/store/storetest"
	"satchel/server/internal/webhooks"
	"satchel/syncproto"
)

// A post is what a receiver got.
type post struct {
	id     string
	events []map[string]any
	text   string
}

// An office has a receiver, on this machine, that a test can have answer as it likes.
type office struct {
	t        *testing.T
	store    *store.Store
	accounts *accounts.Accounts
	engine   *engine.Engine
	admin    uuid.UUID
	area     uuid.UUID
	ahead    atomic.Int64
	receiver *httptest.Server
	answer   atomic.Pointer[http.HandlerFunc]

	mu    sync.Mutex
	posts []post
}

var thisMachine = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, store: storetest.Open(t)}
	var err error
	if o.accounts, err = accounts.New(t.Context(), o.store, o.now, accounts.PasswordCost{Memory: 8, Passes: 1}); err != nil {
		t.Fatal(err)
	}
	if o.engine, err = engine.New(t.Context(), o.store, o.now, review.New(o.store, o.now)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.engine.Close)
	u, err := o.accounts.AddUser(t.Context(), uuid.Nil, accounts.NewUser{Login: "ana", Name: "Ana", Role: accounts.RoleAdministrator})
	if err != nil {
		t.Fatal(err)
	}
	o.admin = u.ID
	o.area = o.save("areas", map[string]any{"name": "Kraljevo", "level": "municipality"})
	o.receiver = httptest.NewServer(http.HandlerFunc(o.receive))
	t.Cleanup(o.receiver.Close)
	return o
}

func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }

// receive keeps what comes, and answers 200 or as the test says.
func (o *office) receive(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		o.t.Error(err)
	}
	var in struct {
		Data map[string][]map[string]any
	}
	if err := json.Unmarshal(text, &in); err != nil {
		o.t.Error(err)
	}
	p := post{id: r.Header.Get("webhook-id"), text: string(text)}
	for _, list := range in.Data {
		p.events = list
	}
	o.mu.Lock()
	o.posts = append(o.posts, p)
	o.mu.Unlock()
	if answer := o.answer.Load(); answer != nil {
		(*answer)(w, r)
	}
}

// got gives what came since it was asked before.
func (o *office) got() []post {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.posts
	o.posts = nil
	return out
}

// ids gives the records that posts tell of, in order.
func ids(posts []post) (out []string) {
	for _, p := range posts {
		for _, event := range p.events {
			out = append(out, event["id"].(string))
		}
	}
	return out
}

func (o *office) save(collection string, fields map[string]any) uuid.UUID {
	o.t.Helper()
	edit := engine.OfficeEdit{Collection: collection, Record: uuid.Must(uuid.NewV7()), Fields: map[string]syncproto.Value{}}
	for name, x := range fields {
		v, err := syncproto.ValueOf(x)
		if err != nil {
			o.t.Fatal(err)
		}
		edit.Fields[name] = v
	}
	if _, err := o.engine.Save(o.t.Context(), o.admin, []engine.OfficeEdit{edit}); err != nil {
		o.t.Fatal(err)
	}
	return edit.Record
}

// households registers some, and gives their ids.
func (o *office) households(n int) (out []string) {
	for range n {
		out = append(out, o.save("households", map[string]any{"head_name": "Милица", "status": "idp", "area": o.area}).String())
	}
	return out
}

func (o *office) webhook(url, kind string) store.Webhook {
	o.t.Helper()
	w, err := o.accounts.AddWebhook(o.t.Context(), o.admin, url, kind)
	if err != nil {
		o.t.Fatal(err)
	}
	return w
}

func (o *office) sender(allowed ...netip.Prefix) *webhooks.Sender {
	return webhooks.New(o.store, slog.New(slog.DiscardHandler), o.now, allowed)
}

func (o *office) tell() {
	o.t.Helper()
	if err := o.sender(thisMachine...).Tell(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// state gives how a webhook stands, and its last delivery.
func (o *office) state(w store.Webhook) (store.Webhook, store.Delivery) {
	o.t.Helper()
	var last store.Delivery
	err := o.store.Read(o.t.Context(), func(tx *store.Tx) (err error) {
		if w, err = tx.Webhook(o.t.Context(), w.ID); err != nil {
			return err
		}
		list, err := tx.Deliveries(o.t.Context(), w.ID)
		if len(list) > 0 {
			last = list[0]
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return w, last
}

func status(code int) *http.HandlerFunc {
	f := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	return &f
}

// meanwhile has something happen while the receiver is told, before it answers.
func meanwhile(do func(), code int) *http.HandlerFunc {
	f := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		do()
		w.WriteHeader(code)
	})
	return &f
}

func TestWhatHappensIsToldOnceInOrderAndSigned(t *testing.T) {
	o := newOffice(t)
	o.households(3) // before anybody asked for it
	w := o.webhook(o.receiver.URL+"/hook?secret=1", accounts.RecordChanged)
	verify := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		text := o.posts[len(o.posts)-1].text
		o.mu.Unlock()
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(w.Secret, "whsec_"))
		at, atErr := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
		if err != nil || atErr != nil || len(key) != 32 || time.Since(time.Unix(at, 0)).Abs() > time.Minute {
			t.Errorf("%v, %v, a key of %d bytes", err, atErr, len(key))
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(r.Header.Get("webhook-id") + "." + r.Header.Get("webhook-timestamp") + "." + text))
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("it is signed %q, want %q", r.Header.Get("webhook-signature"), want)
		}
	})
	o.answer.Store(&verify)
	want := o.households(450)
	o.tell()
	posts := o.got()
	if got := ids(posts); !slices.Equal(got, want) || len(posts) != 3 {
		t.Errorf("%d posts tell of %d records, want 450", len(posts), len(got))
	}
	event := posts[0].events[0]
	if event["collection"] != "households" || event["area"] != o.area.String() || event["deleted"] != false || event["seq"] == nil || len(event) != 5 || strings.Contains(posts[0].text, "Милица") {
		t.Errorf("it tells %s", posts[0].text[:200])
	}
	if o.tell(); len(o.got()) != 0 {
		t.Error("it is told twice")
	}
	if w, last := o.state(w); w.Failed != 0 || last.N != 3 || last.Status != 200 || last.Error != "" || last.Events != 50 || last.Seq != w.Told {
		t.Errorf("%+v, %+v", w, last)
	}
}

func TestAReviewThatOpensIsTold(t *testing.T) {
	o := newOffice(t)
	o.webhook(o.receiver.URL, accounts.ReviewOpened)
	kind := o.save("assistance_types", map[string]any{"code": "S", "name": "Stove", "category": "furniture", "limit_per_household": 1})
	project := o.save("projects", map[string]any{"code": "P", "title": "P"})
	household := o.households(1)[0]
	o.save("deliveries", map[string]any{"household": household, "project": project, "assistance_type": kind, "quantity": 2, "delivered_at": 1, "note": "secret"})
	o.tell()
	posts := o.got()
	if len(posts) != 1 || len(posts[0].events) != 1 || posts[0].events[0]["kind"] != "over_delivery" || strings.Contains(posts[0].text, "secret") {
		t.Errorf("it tells %+v", posts)
	}
}

func TestAnAddressThatFailsIsTriedAgainForADayAndLosesNothing(t *testing.T) {
	o := newOffice(t)
	w := o.webhook(o.receiver.URL, accounts.RecordChanged)
	o.answer.Store(status(500))
	want := o.households(2)
	tries := 0
	var waits []time.Duration
	for {
		o.tell()
		o.tell() // not before it is due
		is, last := o.state(w)
		if tries++; last.N != int64(tries) || last.Status != 500 || last.Error != "the address answered 500" || is.Told != w.Told {
			t.Fatalf("try %d: %+v, %+v", tries, is, last)
		}
		if is.Paused != 0 {
			break
		}
		wait := time.UnixMilli(is.Due).Sub(o.now())
		waits = append(waits, wait)
		o.ahead.Add(int64(wait + time.Millisecond))
	}
	if tries < 12 || tries > 30 || waits[0] > 8*time.Second || slices.Max(waits) > 3*time.Hour {
		t.Errorf("%d tries, after %v", tries, waits)
	}
	o.ahead.Add(int64(48 * time.Hour))
	o.got()
	if o.tell(); len(o.got()) != 0 {
		t.Error("a paused one is tried")
	}
	o.answer.Store(nil)
	want = append(want, o.households(1)...)
	if err := o.accounts.ResumeWebhook(t.Context(), o.admin, w.ID); err != nil {
		t.Fatal(err)
	}
	if o.tell(); !slices.Equal(ids(o.got()), want) {
		t.Error("what happened meanwhile is not told")
	}
	if is, _ := o.state(w); is.Paused != 0 || is.Failed != 0 {
		t.Errorf("%+v", is)
	}
	o.answer.Store(status(http.StatusGone))
	o.households(1)
	if o.tell(); len(o.got()) != 1 {
		t.Error("it is not told")
	}
	if is, _ := o.state(w); is.Paused == 0 {
		t.Error("an address that is gone is tried again")
	}
	if err := o.accounts.EndWebhook(t.Context(), o.admin, w.ID); err != nil {
		t.Fatal(err)
	}
	if is, _ := o.state(w); is.Ended == 0 {
		t.Error("it is not ended")
	}
}

// A server that dies while it sends does not know what came of it: the same is told again, under the same id.
func TestAServerThatDiesTellsItAgain(t *testing.T) {
	o := newOffice(t)
	o.webhook(o.receiver.URL, accounts.RecordChanged)
	want := o.households(2)
	ctx, die := context.WithCancel(t.Context())
	dying := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		die()
		<-r.Context().Done()
	})
	o.answer.Store(&dying)
	if err := o.sender(thisMachine...).Tell(ctx); err == nil {
		t.Fatal("it did not die")
	}
	o.answer.Store(nil)
	first := o.got()
	if o.tell(); len(o.got()) != 0 {
		t.Error("another server tells it while the first may still be at it")
	}
	o.ahead.Add(int64(3 * time.Minute))
	o.tell()
	again := o.got()
	if len(first) != 1 || len(again) != 1 || first[0].id != again[0].id || !slices.Equal(ids(again), want) {
		t.Errorf("%+v, then %+v", first, again)
	}
}

// One that is ended while it is told is not told what else there is.
func TestWhatIsEndedMeanwhileIsToldNothingMore(t *testing.T) {
	o := newOffice(t)
	w := o.webhook(o.receiver.URL, accounts.RecordChanged)
	want := o.households(450)
	o.answer.Store(meanwhile(func() {
		if err := o.accounts.EndWebhook(t.Context(), o.admin, w.ID); err != nil {
			t.Error(err)
		}
	}, http.StatusOK))
	o.tell()
	if posts := o.got(); len(posts) != 1 || len(ids(posts)) >= len(want) {
		t.Errorf("%d posts tell an address that was ended of %d records", len(posts), len(ids(posts)))
	}
	if is, last := o.state(w); is.Ended == 0 || last.N != 1 {
		t.Errorf("%+v, %+v", is, last)
	}
}

// A server that was so slow that another one went on keeps that it told, and takes back nothing of what the other noted.
func TestASlowServerTakesNothingBack(t *testing.T) {
	for _, answer := range []int{http.StatusOK, http.StatusInternalServerError} {
		o := newOffice(t)
		w := o.webhook(o.receiver.URL, accounts.RecordChanged)
		o.households(1)
		o.answer.Store(meanwhile(func() {
			o.answer.Store(nil)
			o.households(1)
			o.ahead.Add(int64(3 * time.Minute))
			o.tell()
		}, answer))
		o.tell()
		is, last := o.state(w)
		posts := o.got()
		if len(posts) != 2 || last.N != 2 || last.Status != answer || last.Seq >= is.Told || is.Failed != 0 || is.Due != 0 {
			t.Errorf("after %d: %d posts, %+v, %+v", answer, len(posts), is, last)
		}
		if o.tell(); len(o.got()) != 0 {
			t.Errorf("after %d: what the other server told is told again", answer)
		}
	}
}

// An address that has much to be told of does not keep the others waiting until it knows all.
func TestNoBacklogKeepsOthersWaiting(t *testing.T) {
	o := newOffice(t)
	o.webhook(o.receiver.URL+"/first", accounts.RecordChanged)
	o.webhook(o.receiver.URL+"/second", accounts.RecordChanged)
	want := o.households(200*6 + 1)
	var mu sync.Mutex
	var told []string
	note := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r.URL.Path)
	})
	o.answer.Store(&note)
	for range 3 {
		o.tell()
	}
	if at := slices.Index(told, "/second"); at < 1 || at > 5 || len(told) != 2*7 || len(ids(o.got())) != 2*len(want) {
		t.Errorf("the second of two is told after %d posts to the first: %v", at, told)
	}
}

func TestOfManyServersOneTells(t *testing.T) {
	o := newOffice(t)
	o.webhook(o.receiver.URL, accounts.RecordChanged)
	want := o.households(700)
	var inside atomic.Int32
	alone := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if inside.Add(1) > 1 {
			t.Error("two tell it at once")
		}
		inside.Add(-1)
	})
	o.answer.Store(&alone)
	var all sync.WaitGroup
	for range 4 {
		all.Go(o.tell)
	}
	all.Wait()
	o.tell()
	if got := ids(o.got()); !slices.Equal(got, want) {
		t.Errorf("%d are told, want 700, each once", len(got))
	}
}

func TestNothingInsideIsReached(t *testing.T) {
	o := newOffice(t)
	at := strings.TrimPrefix(o.receiver.URL, "http://127.0.0.1")
	w := o.webhook("http://localhost"+at, accounts.RecordChanged)
	o.households(1)
	if err := o.sender().Tell(t.Context()); err != nil {
		t.Fatal(err)
	}
	is, last := o.state(w)
	if posts := o.got(); len(posts) != 0 || is.Failed != 1 || last.Status != 0 || !strings.Contains(last.Error, "--webhook-allow") || strings.Contains(last.Error, at+"/") {
		t.Errorf("%d posts, %+v", len(posts), last)
	}
}

func TestARedirectIsNotFollowedAndAnAnswerNotReadToItsEnd(t *testing.T) {
	o := newOffice(t)
	w := o.webhook(o.receiver.URL, accounts.RecordChanged)
	elsewhere := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, o.receiver.URL+"/elsewhere", http.StatusTemporaryRedirect)
	})
	o.answer.Store(&elsewhere)
	o.households(1)
	o.tell()
	if _, last := o.state(w); len(o.got()) != 1 || last.Status != http.StatusTemporaryRedirect {
		t.Errorf("a redirect: %+v", last)
	}
	var written atomic.Int64
	endless := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			n, err := io.WriteString(w, strings.Repeat("x", 4096))
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	})
	o.answer.Store(&endless)
	o.ahead.Add(int64(time.Minute))
	o.tell()
	// What is not read fills the buffers of the link, and stops there.
	if _, last := o.state(w); last.Status != http.StatusOK || last.N != 2 || written.Load() > 64<<20 {
		t.Errorf("an answer without an end: %+v, of which %d bytes were taken", last, written.Load())
	}
}

// The example of docs/feeds.md is what a receiver is tried with.
func TestTheExampleOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../../../docs/feeds.md")
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		found := regexp.MustCompile(`(?m)^` + name + `: +(.+)$`).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("docs/feeds.md has no example with %s", name)
		}
		return found[1]
	}
	at, err := strconv.ParseInt(part("webhook-timestamp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	got, err := webhooks.Sign(part("secret"), part("webhook-id"), at, []byte(part("body")))
	if err != nil || got != part("webhook-signature") {
		t.Errorf("the signature is %s, %v; docs/feeds.md says %s", got, err, part("webhook-signature"))
	}
}
