package hostile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"satchel/clientlib"
	"satchel/server"
	"satchel/syncproto"
)

// The canaries of area b: no byte of them is for anybody of area a.
const (
	canaryName   = "Canary-Head"
	canaryPhone  = "069-CANARY"
	canaryWorker = "canary.worker"
	canaryTablet = "Canary-Tablet"
)

var canaries = []string{canaryName, canaryPhone, canaryWorker, canaryTablet}

// password is everybody's who has one.
const password = "long enough for all"

// An office is a real server that is called in process, with everybody who attacks it, and an honest device
// in area b.
type office struct {
	dir string
	srv *server.Server
	// handler is the server where it is called in process; at address it listens where it is not.
	handler http.Handler
	address string
	log     bytes.Buffer
	ahead   atomic.Int64
	admin   uuid.UUID
	a, b    uuid.UUID
	honest  *clientlib.Store
	// household is the honest device's.
	household uuid.UUID
	callers   []*caller
	// ids are those that attackers have heard of, of both areas.
	ids []uuid.UUID
}

// now is the server's clock.
func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.ahead.Load())) }

// tick lets some time pass between two inputs.
func (o *office) tick() { o.ahead.Add(int64(5 * time.Millisecond)) }

// scratch makes a directory, in memory where there is a place for that: what is attacked is the server, not
// the disk.
func scratch() (string, error) {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if dir, err := os.MkdirTemp("/dev/shm", "satchel-hostile-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "satchel-hostile-")
}

// openOffice opens a server that nobody can reach yet, and that is empty.
func openOffice(ctx context.Context) (*office, error) {
	dir, err := scratch()
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	o := &office{dir: dir}
	o.srv, err = server.Open(ctx, server.Config{
		Dir: filepath.Join(dir, "server"), Now: o.now, URL: "http://127.0.0.1", PasswordCost: server.PasswordCost{Memory: 8, Passes: 1},
		Log: slog.New(slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return o, nil
}

// close ends the server and removes its files.
func (o *office) close() error {
	var err error
	if o.honest != nil {
		err = o.honest.Close()
	}
	return errors.Join(err, o.srv.Close(), os.RemoveAll(o.dir))
}

// furnish adds the areas, the people and the devices.
func (o *office) furnish(ctx context.Context) error {
	var err error
	if o.admin, err = o.person(ctx, "ana", "administrator", password); err != nil {
		return err
	}
	for _, area := range []struct {
		id   *uuid.UUID
		name string
	}{{&o.a, "Kraljevo"}, {&o.b, "Vranje"}} {
		if *area.id, err = o.area(ctx, area.name); err != nil {
			return err
		}
	}
	workerA, errA := o.person(ctx, "worker.of.a", "worker", "", o.a)
	workerB, errB := o.person(ctx, canaryWorker, "worker", "", o.b)
	_, errC := o.person(ctx, "cora", "coordinator", password, o.a)
	_, errD := o.person(ctx, "cvetko", "coordinator", password, o.b)
	if err := errors.Join(errA, errB, errC, errD); err != nil {
		return err
	}
	o.ids = append(o.ids, o.a, o.b, workerA, workerB, o.admin)
	if err := o.settle(ctx, workerB); err != nil {
		return err
	}
	return o.gather(ctx, workerA)
}

func (o *office) area(ctx context.Context, name string) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return id, fmt.Errorf("make an id: %w", err)
	}
	_, err = o.srv.Engine.Save(ctx, o.admin, []server.OfficeEdit{{Collection: "areas", Record: id, Fields: map[string]syncproto.Value{
		"name": textValue(name), "level": textValue("municipality"),
	}}})
	return id, err
}

func (o *office) person(ctx context.Context, login, role, password string, areas ...uuid.UUID) (uuid.UUID, error) {
	u, err := o.srv.Accounts.AddUser(ctx, o.admin, server.NewUser{Login: login, Name: "Name of " + login, Role: role, Password: password, Areas: areas})
	return u.ID, err
}

// textValue gives text as a value.
func textValue(text string) syncproto.Value {
	v, err := syncproto.ValueOf(text)
	if err != nil {
		panic(err) // a string can always be encoded
	}
	return v
}

// settle has an honest device in area b that holds a household.
func (o *office) settle(ctx context.Context, worker uuid.UUID) (err error) {
	o.honest, err = clientlib.Create(ctx, filepath.Join(o.dir, "honest.db"), pin, clientlib.Options{
		Clock: o.now, HTTP: &http.Client{Transport: o}, PINCost: cheap,
	})
	if err != nil {
		return err
	}
	made, err := o.srv.Accounts.Invite(ctx, o.admin, worker, canaryTablet, []uuid.UUID{o.b})
	if err != nil {
		return err
	}
	if err := o.honest.Enrol(ctx, "http://127.0.0.1", made.Code, ""); err != nil {
		return err
	}
	var form clientlib.Form
	household := form.Create("households", map[string]any{
		"head_name": canaryName, "phone": canaryPhone, "status": "idp", "area": o.b, "address": "Main 1",
	})
	if err := o.honest.Save(ctx, &form); err != nil {
		return err
	}
	o.household = household.ID
	o.ids = append(o.ids, household.ID)
	return o.look(ctx)
}

// pin and cheap: there is nothing to steal.
const pin = "4711-4711"

var cheap = clientlib.PINCost{Memory: 8, Passes: 1, Threads: 1}

// RoundTrip takes the honest device's requests to the server.
func (o *office) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if o.handler == nil {
		req.URL.Host = o.address
		return http.DefaultTransport.RoundTrip(req)
	}
	req.RemoteAddr, req.RequestURI = "192.0.2.1:1", req.URL.RequestURI()
	got := &answer{header: http.Header{}}
	o.handler.ServeHTTP(got, req)
	return &http.Response{
		StatusCode: got.status, Status: http.StatusText(got.status), Header: got.header, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(&got.body), ContentLength: int64(got.body.Len()),
	}, nil
}

// look checks that the server is whole: the honest device syncs and is safe, has what it had, and the audit
// log holds.
func (o *office) look(ctx context.Context) error {
	result, err := o.honest.Sync(ctx, nil)
	if err != nil || !result.Safe {
		return fmt.Errorf("the honest device syncs with %+v: %w", result, orNotSafe(err))
	}
	if result.NewIdentity || result.ServerRestored || result.Repaired > 0 {
		return fmt.Errorf("the honest device had to recover: %+v", result)
	}
	kept, err := o.honest.Get(ctx, o.household)
	if err != nil || kept.Text("head_name") != canaryName {
		return fmt.Errorf("the honest device has lost its household: %+v: %w", kept, orNotSafe(err))
	}
	report, err := o.srv.VerifyAudit(ctx, "")
	if err != nil || report.Broken != 0 {
		return fmt.Errorf("the audit log is broken at %d (%s): %w", report.Broken, report.Why, orNotSafe(err))
	}
	return nil
}

// errNotSafe says that nothing failed, and that all the same it is not as it has to be.
var errNotSafe = errors.New("nobody told of an error")

func orNotSafe(err error) error {
	if err == nil {
		return errNotSafe
	}
	return err
}
