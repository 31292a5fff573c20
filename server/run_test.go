package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// run serves until the function that it gives is called, which gives how that ended.
func run(t *testing.T, srv *server.Server) (address string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- srv.Run(ctx, func(at net.Addr) { ready <- at }) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case at := <-ready:
		return at.String(), stop
	case err := <-ended:
		t.Fatal(err)
		return "", nil
	}
}

// opened opens a data directory, and closes it with the test unless the test has done so.
func opened(t *testing.T, config server.Config) (srv *server.Server, stop func()) {
	t.Helper()
	srv, err := server.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return srv, stop
}

// A walker records two households at a time, and syncs, until the server is gone.
type walker struct {
	store *clientlib.Store
	// acknowledged are the households of syncs that succeeded; open are those of the one that did not.
	acknowledged, open []uuid.UUID
	err                error
}

func (w *walker) walk(ctx context.Context, area uuid.UUID, synced chan<- bool) {
	for {
		var form clientlib.Form
		w.open = nil
		for range 2 {
			r := form.Create("households", map[string]any{"head_name": "Walker", "status": "idp", "area": area})
			w.open = append(w.open, r.ID)
		}
		if w.err = w.store.Save(ctx, &form); w.err != nil {
			return
		}
		if _, err := w.store.Sync(ctx, nil); err != nil {
			return
		}
		w.acknowledged = append(w.acknowledged, w.open...)
		select {
		case synced <- true:
		default:
		}
	}
}

// TestStoppingKeepsWhatWasAcknowledged stops a server in the middle of syncs.
func TestStoppingKeepsWhatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	srv, closeServer := opened(t, server.Config{Dir: dir, Listen: "127.0.0.1:0"})
	admin, err := srv.Accounts.AddUser(t.Context(), uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator"})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, srv: srv, admin: admin.ID, a: newID(t)}
	o.save("areas", o.a, map[string]string{"name": "Kraljevo", "level": "municipality"})
	address, stop := run(t, srv)
	walkers := make([]*walker, 3)
	for i := range walkers {
		walkers[i] = &walker{store: o.walkerStore("http://" + address)}
	}
	synced := make(chan bool)
	var all sync.WaitGroup
	for _, w := range walkers {
		all.Go(func() { w.walk(t.Context(), o.a, synced) })
	}
	for range 10 {
		<-synced
	}
	if err := stop(); err != nil {
		t.Errorf("the server stopped with %v", err)
	}
	closeServer()
	all.Wait()

	again, _ := opened(t, server.Config{Dir: dir, Listen: address})
	for _, w := range walkers {
		if w.err != nil {
			t.Errorf("a household could not be saved on the tablet: %v", w.err)
		}
		for _, id := range w.acknowledged {
			if n := times(t, again, id); n != 1 {
				t.Errorf("a household that was acknowledged is there %d times", n)
			}
		}
		if one, other := times(t, again, w.open[0]), times(t, again, w.open[1]); one != other {
			t.Errorf("of one form, one household is there %d times and the other %d times", one, other)
		}
	}
	_, stopAgain := run(t, again)
	for _, w := range walkers {
		mustSync(t, w.store)
		for _, id := range append(w.acknowledged, w.open...) {
			if n := times(t, again, id); n != 1 {
				t.Errorf("after another sync a household is there %d times", n)
			}
		}
	}
	if err := stopAgain(); err != nil {
		t.Error(err)
	}
}

// TestASyncUnderWayIsAnswered stops a server that has half of a push, and then sends the other half.
func TestASyncUnderWayIsAnswered(t *testing.T) {
	srv, _ := opened(t, server.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	admin, err := srv.Accounts.AddUser(t.Context(), uuid.Nil, server.NewUser{Login: "ana", Name: "Ana", Role: "administrator"})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, srv: srv, admin: admin.ID, a: newID(t)}
	o.save("areas", o.a, map[string]string{"name": "Kraljevo", "level": "municipality"})
	made, err := srv.Accounts.Invite(t.Context(), o.admin, o.admin, "slow", []uuid.UUID{o.a})
	if err != nil {
		t.Fatal(err)
	}
	slow, err := srv.Accounts.Enrol(t.Context(), made.Code, uuid.Nil, "")
	if err != nil {
		t.Fatal(err)
	}
	c := syncproto.Change{
		N: 1, Form: 1, Collection: "households", Record: newID(t), Author: o.admin,
		Fields: map[string]syncproto.Value{"head_name": `"Slow"`, "status": `"idp"`, "area": syncproto.Value(`"` + o.a.String() + `"`)},
	}
	var body bytes.Buffer
	request := syncproto.Request{Protocol: syncproto.CurrentProtocol, Device: slow.Device.ID, Changes: []syncproto.Change{c}}
	if err := syncproto.WriteRequest(&body, request); err != nil {
		t.Fatal(err)
	}
	address, stop := run(t, srv)
	conn := dial(t, address)
	fmt.Fprintf(conn, "POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		slow.Tokens.Access, syncproto.MediaType, body.Len())
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server does not wait for the body: %q, %v", line, err)
	}
	if _, err := answers.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	for listening := true; listening; {
		listening = dial(t, address) != nil
	}
	if _, err := body.WriteTo(conn); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatalf("the sync under way was not answered: %v", err)
	}
	defer res.Body.Close()
	reply, err := syncproto.ReadReply(res.Body, nil)
	if err != nil || len(reply.Receipts) != 1 {
		t.Errorf("the sync under way is answered %s %+v, %v", res.Status, reply.Receipts, err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("the server stopped with %v", err)
	}
	if n := times(t, srv, c.Record); n != 1 {
		t.Errorf("what was acknowledged is there %d times", n)
	}
}

// dial opens a connection; nil if nobody listens.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// walkerStore makes a tablet's store and enrols it.
func (o *office) walkerStore(url string) *clientlib.Store {
	o.t.Helper()
	s, err := clientlib.Create(o.t.Context(), filepath.Join(o.t.TempDir(), "walker.db"), pin, clientlib.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { s.Close() })
	made, err := o.srv.Accounts.Invite(o.t.Context(), o.admin, o.admin, "walker", []uuid.UUID{o.a})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := s.Enrol(o.t.Context(), url, made.Code, ""); err != nil {
		o.t.Fatal(err)
	}
	return s
}

// times says how often a record was made on the server.
func times(t *testing.T, srv *server.Server, id uuid.UUID) int {
	t.Helper()
	history, err := srv.Engine.History(t.Context(), id)
	if err != nil && !strings.Contains(err.Error(), "not_found") {
		t.Fatal(err)
	}
	return len(history)
}

func TestPlainHTTPIsForTheSameMachine(t *testing.T) {
	dir := t.TempDir()
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0", "203.0.113.9:8080", "office.example.org:80"} {
		srv, stop := opened(t, server.Config{Dir: dir, Listen: listen})
		err := srv.Run(t.Context(), func(net.Addr) { t.Errorf("it listens on %s", listen) })
		if err == nil || !strings.Contains(err.Error(), "in the clear") {
			t.Errorf("plain HTTP on %s: %v, want a refusal that says why", listen, err)
		}
		stop()
	}
	for _, config := range []server.Config{
		{Listen: "127.0.0.1:0"}, {Listen: "localhost:0"}, {Listen: "[::1]:0"}, {Listen: "0.0.0.0:0", AllowPlain: true},
	} {
		config.Dir = dir
		srv, stopServer := opened(t, config)
		_, stop := run(t, srv)
		if err := stop(); err != nil {
			t.Errorf("plain HTTP on %s: %v", config.Listen, err)
		}
		stopServer()
	}
}

func TestAnAddressThatIsTaken(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	srv, _ := opened(t, server.Config{Dir: t.TempDir(), Listen: taken.Addr().String()})
	if err := srv.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("listening on an address that is taken: %v", err)
	}
}

// certificate makes one for this machine, and gives its files and who trusts it.
func certificate(t *testing.T) (certFile, keyFile string, trust *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	trust = x509.NewCertPool()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if kind == "CERTIFICATE" && !trust.AppendCertsFromPEM(text) {
			t.Fatal("the certificate is none")
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", private), trust
}

func TestTLS(t *testing.T) {
	certFile, keyFile, trust := certificate(t)
	var log bytes.Buffer
	srv, _ := opened(t, server.Config{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", CertFile: certFile, KeyFile: keyFile, Log: slog.New(slog.NewJSONHandler(&log, nil)),
	})
	address, stop := run(t, srv)
	for protocol, h2 := range map[string]bool{"HTTP/2.0": true, "HTTP/1.1": false} {
		client := &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: h2,
		}}
		status, spoken, secure := get(t, client, "https://"+address+"/healthz")
		if status != http.StatusOK || spoken != protocol || !secure {
			t.Errorf("over %s it is answered %d in %s, secure for ever: %v", protocol, status, spoken, secure)
		}
		client.CloseIdleConnections()
	}
	if status, _, _ := get(t, http.DefaultClient, "http://"+address+"/healthz"); status != http.StatusBadRequest {
		t.Errorf("plain HTTP where TLS is due is answered %d", status)
	}
	old := &tls.Config{RootCAs: trust, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11} //nolint:gosec // the server has to refuse it
	if conn, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", address); err == nil {
		t.Error("TLS 1.1 is spoken")
		conn.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), `"level":"ERROR"`) {
		t.Errorf("the log has errors: %s", log.String())
	}
}

// get gives the status of an answer, the protocol in which it came, and whether it asks for HTTPS for ever.
func get(t *testing.T, client *http.Client, url string) (status int, protocol string, secure bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode, res.Proto, res.Header.Get("Strict-Transport-Security") != ""
}

func TestACertificateThatCannotBeRead(t *testing.T) {
	certFile, keyFile, _ := certificate(t)
	for what, config := range map[string]server.Config{
		"a missing file": {CertFile: filepath.Join(t.TempDir(), "none.pem"), KeyFile: keyFile},
		"no key":         {CertFile: certFile},
		"a wrong key":    {CertFile: certFile, KeyFile: certFile},
	} {
		config.Dir, config.Listen = t.TempDir(), "127.0.0.1:0"
		srv, _ := opened(t, config)
		err := srv.Run(t.Context(), func(net.Addr) { t.Errorf("it listens with %s", what) })
		if err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%s: %v, want an error that names the certificate", what, err)
		}
	}
}
