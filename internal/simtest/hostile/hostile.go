// Package hostile attacks a real server: with random bad input from everybody to every address, and with
// one enrolled device that goes rogue beside honest ones.
//
// It promises that a seed sends the same inputs in the same order each time, but for the ids, tokens and
// times that the server and the devices make up. It never judges what becomes of good data: that is the
// business of the fleet; here nobody may get an answer that is broken, endless, somebody else's, or a
// failure of the server, and those who are honest must not notice.
package hostile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"satchel/syncproto"
)

// A Report is what a run of bad inputs came to.
type Report struct {
	Seed   uint64
	Inputs int
	// Statuses counts the answers by their status, Routes the inputs by where they went.
	Statuses map[int]int
	Routes   map[string]int
	// Largest is the longest answer, in bytes.
	Largest int
	// Looks is how often the whole was looked at.
	Looks int
	Took  time.Duration
}

const (
	// perOffice is how many inputs one server gets before another one is set up: what they pile up must
	// not make the next ones slow.
	perOffice = 20_000
	// perLook is how many inputs go by between two looks at the whole.
	perLook = 1000
	// maxProblemBytes and maxAnswerBytes bound what a refusal and any other answer may have.
	maxProblemBytes = 4 << 10
	maxAnswerBytes  = 8 << 20
)

// Inputs sends n random bad inputs, checks each answer, and looks regularly whether the server is still
// whole. The error names the seed and the index of the input that broke it; the same seed breaks it there
// again. progress, if not nil, is called after each look.
func Inputs(ctx context.Context, seed uint64, n int, progress func(done int)) (Report, error) {
	r := Report{Seed: seed, Statuses: map[int]int{}, Routes: map[string]int{}}
	start := time.Now()
	for r.Inputs < n {
		if err := r.besiege(ctx, min(perOffice, n-r.Inputs), progress); err != nil {
			return r, err
		}
	}
	r.Took = time.Since(start)
	return r, nil
}

// besiege sends inputs to one server.
func (r *Report) besiege(ctx context.Context, n int, progress func(done int)) error {
	o, err := openOffice(ctx)
	if err != nil {
		return err
	}
	o.handler = o.srv.Handler() //nolint:contextcheck // each request brings its own
	if err := o.furnish(ctx); err != nil {
		return errors.Join(err, o.close())
	}
	end := r.Inputs + n
	for ; r.Inputs < end && err == nil; r.Inputs++ {
		if err = r.send(ctx, o); err != nil {
			err = fmt.Errorf("seed %d, input %d: %w", r.Seed, r.Inputs, err)
			break
		}
		if done := r.Inputs + 1; done%perLook == 0 || done == end {
			r.Looks++
			if err = o.look(ctx); err != nil {
				err = fmt.Errorf("seed %d, after input %d: %w", r.Seed, r.Inputs, err)
				break
			}
			if progress != nil {
				progress(done)
			}
		}
	}
	return errors.Join(err, o.close())
}

// send makes up one input, sends it, and checks the answer.
func (r *Report) send(ctx context.Context, o *office) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	dice := rand.New(rand.NewPCG(r.Seed, uint64(r.Inputs))) //nolint:gosec // it makes up nonsense, counted from 0
	in := o.input(dice)
	request, ok := in.request(ctx)
	if !ok {
		return nil // it is no HTTP, and would not come so far
	}
	o.tick()
	got := &answer{header: http.Header{}}
	o.handler.ServeHTTP(got, request)
	r.Statuses[got.status]++
	r.Routes[in.route]++
	r.Largest = max(r.Largest, got.body.Len())
	if err := o.check(in, got); err != nil {
		return fmt.Errorf("%s %s by %s: %w", in.method, in.target, in.who.name, err)
	}
	return o.learn(ctx, in, got)
}

// An answer takes what the server writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header gives the header to set.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps the body.
func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// plain gives the body as it was before it was compressed.
func (a *answer) plain() ([]byte, error) {
	if a.header.Get("Content-Encoding") != "gzip" || a.body.Len() == 0 {
		return a.body.Bytes(), nil
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(a.body.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("the answer is not the gzip that it says: %w", err)
	}
	return io.ReadAll(io.LimitReader(unpacked, maxAnswerBytes+1))
}

// check looks at one answer.
func (o *office) check(in input, a *answer) error {
	text, err := a.plain()
	switch {
	case err != nil:
		return err
	case a.status >= http.StatusInternalServerError && a.status != http.StatusNotImplemented || a.status < http.StatusOK:
		return fmt.Errorf("it is answered %d %s; the log says %s", a.status, text, o.log.String())
	case len(text) > maxAnswerBytes:
		return fmt.Errorf("the answer has more than %d bytes", maxAnswerBytes)
	case a.status >= http.StatusBadRequest && in.method != http.MethodHead:
		if err := checkProblem(a, text); err != nil {
			return err
		}
	}
	if in.who.maySeeB {
		return nil
	}
	for _, canary := range canaries {
		if bytes.Contains(text, []byte(canary)) || headersHold(a.header, canary) {
			return fmt.Errorf("it is answered %d with %q of another area", a.status, canary)
		}
	}
	return nil
}

// checkProblem checks that a refusal is a problem document that keeps to the protocol.
func checkProblem(a *answer, text []byte) error {
	var p syncproto.Problem
	var err error
	if a.header.Get("OData-Version") != "" {
		p, err = odataProblem(text)
	} else if a.header.Get("Content-Type") != syncproto.ProblemMediaType {
		err = errors.New("its type is another")
	} else {
		err = decode(text, &p)
	}
	status, known := syncproto.Codes()[p.Code]
	switch {
	case err != nil:
		return fmt.Errorf("it is answered %d %.300q, which is no problem document: %w", a.status, text, err)
	case !known || status != a.status || p.Status != 0 && p.Status != a.status || p.Detail == "" || p.Request == "":
		return fmt.Errorf("it is answered %d with the problem %.300q, which does not keep to the protocol", a.status, text)
	case len(text) > maxProblemBytes:
		return fmt.Errorf("it is answered %d with a problem of %d bytes", a.status, len(text))
	}
	return nil
}

// odataProblem reads a problem in the form of OData, which has no status.
func odataProblem(text []byte) (syncproto.Problem, error) {
	var in struct {
		Error struct {
			Code       syncproto.Code `json:"code"`
			Message    string         `json:"message"`
			InnerError struct {
				Request string `json:"request"`
			} `json:"innererror"`
		} `json:"error"`
	}
	err := decode(text, &in)
	return syncproto.Problem{Code: in.Error.Code, Detail: in.Error.Message, Request: in.Error.InnerError.Request}, err
}

// decode reads JSON that has no more than x takes.
func decode(text []byte, x any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(x)
}

func headersHold(header http.Header, canary string) bool {
	for _, values := range header {
		if strings.Contains(strings.Join(values, "\n"), canary) {
			return true
		}
	}
	return false
}
