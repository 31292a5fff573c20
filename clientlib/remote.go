package clientlib

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"satchel/syncproto"
)

// The errors of speaking with a server. None of them touches what was recorded.
var (
	// ErrLink means that the link to the server broke or could not be made.
	ErrLink = errors.New("the link to the server broke; nothing is lost, sync again when there is a connection")
	// ErrEnrolAgain means that the server does not take the device's credentials any more.
	ErrEnrolAgain = errors.New("the server does not know this device any more; everything recorded is safe on it; enrol it again with a code from the office")
	// ErrServer means that the address is not one that a device may speak to.
	ErrServer = errors.New("the server's address has to begin with https://, or with http:// on this same machine")
)

// maxProblemBytes is the most that is read of a refusal.
const maxProblemBytes = 64 << 10

// maxAnswerBytes is the most that is read of an answer that is no exchange.
const maxAnswerBytes = 512 << 10

// client gives the client of the options or, if there is none, one that is patient with a slow link.
// It does not follow redirects: they would carry the device's token to who knows where.
func client(o Options) *http.Client {
	out := http.Client{}
	if o.HTTP != nil {
		out = *o.HTTP
	} else if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		patient := standard.Clone()
		patient.TLSHandshakeTimeout = time.Minute
		out.Transport = patient
	}
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &out
}

// checkServer says whether a device may send its data to that address.
func (o Options) checkServer(address string) error {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.User != nil {
		return ErrServer
	}
	ip := net.ParseIP(at.Hostname())
	local := at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if at.Scheme == "https" || at.Scheme == "http" && (local || o.PlainHTTP) {
		return nil
	}
	return ErrServer
}

// post sends JSON to one of the server's paths, and reads the answer into out.
func (s *Store) post(ctx context.Context, server, path, access string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode a request: %w", err)
	}
	req, err := newRequest(ctx, http.MethodPost, server, path, access, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return s.answer(ctx, req, out)
}

func newRequest(ctx context.Context, method, server, path, access string, body io.Reader) (*http.Request, error) {
	address, err := url.JoinPath(server, path)
	if err != nil {
		return nil, ErrServer
	}
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, ErrServer
	}
	if access != "" {
		req.Header.Set("Authorization", "Bearer "+access)
	}
	return req, nil
}

// linkError says that the link broke, or that the caller wanted it to.
func linkError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrLink, context.Cause(ctx))
	}
	return fmt.Errorf("%w: %w", ErrLink, err)
}

// refusal reads the problem that the server answered with.
func refusal(res *http.Response) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	text, err := io.ReadAll(io.LimitReader(res.Body, maxProblemBytes))
	var problem syncproto.Problem
	if kind != syncproto.ProblemMediaType || err != nil || json.Unmarshal(text, &problem) != nil || problem.Code == "" {
		return fmt.Errorf("%w: something that is no Satchel server answered %q", ErrLink, res.Status)
	}
	switch problem.Code {
	case syncproto.CodeUnauthorized, syncproto.CodeTokenReused:
		return fmt.Errorf("%w: %w", ErrEnrolAgain, &problem)
	case syncproto.CodeBusy, syncproto.CodeTooManyRequests:
		if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
			return &later{&problem, time.Duration(seconds) * time.Second}
		}
	}
	return &problem
}

// hasCode reports whether the server refused a request for that reason.
func hasCode(err error, code syncproto.Code) bool {
	return errors.Is(err, &syncproto.Problem{Code: code})
}

// A round is one round trip of an exchange: what it carries, and what there is to tell of it meanwhile.
type round struct {
	server  string
	request syncproto.Request
	// up and down are told each time that bytes have gone that way.
	up, down func(bytes int)
	// records is told how many records have come so far.
	records func(int)
}

// answer is a reply, and when the server may have read its clock: by the device's own clock, in ms.
type answer struct {
	syncproto.Reply
	midway int64
}

// send makes the round trip.
func (s *Store) send(ctx context.Context, r round, access string) (answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.stall, func() { cancel(errors.New("the link has gone silent")) })
	defer silence.Stop()
	body, err := packRequest(r.request)
	if err != nil {
		return answer{}, err
	}
	moving := func(tell func(int)) func(int) {
		return func(n int) {
			silence.Reset(s.stall)
			tell(n)
		}
	}
	var sent, answered atomic.Int64
	trace := &httptrace.ClientTrace{
		WroteRequest:         func(httptrace.WroteRequestInfo) { sent.Store(s.options.Clock().UnixMilli()) },
		GotFirstResponseByte: func() { answered.Store(s.options.Clock().UnixMilli()) },
	}
	req, err := newRequest(httptrace.WithClientTrace(ctx, trace), http.MethodPost, r.server, "api/v1/sync", access, nil)
	if err != nil {
		return answer{}, err
	}
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(meter{bytes.NewReader(body), moving(r.up)}), nil
	}
	req.Body, _ = req.GetBody()
	req.Header.Set("Content-Type", syncproto.MediaType)
	req.Header.Set("Content-Encoding", "gzip")
	req.Header.Set("Accept", syncproto.MediaType)
	req.Header.Set("Accept-Encoding", "gzip")
	begun := s.options.Clock().UnixMilli()
	res, err := s.options.HTTP.Do(req)
	if err != nil {
		return answer{}, linkError(ctx, err)
	}
	defer res.Body.Close()
	sent.CompareAndSwap(0, begun) // a transport that has no connections to trace
	answered.CompareAndSwap(0, s.options.Clock().UnixMilli())
	if res.StatusCode != http.StatusOK {
		return answer{}, refusal(res)
	}
	reply, err := readReply(res, moving(r.down), r.records)
	if err != nil {
		return answer{}, linkError(ctx, err)
	}
	return answer{reply, (sent.Load() + answered.Load()) / 2}, nil
}

// packers holds [gzip.Writer]s that are not at work: each takes most of a MB, and to make it as much time as
// to pack a request.
var packers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// packRequest writes a request as it travels.
func packRequest(r syncproto.Request) ([]byte, error) {
	packer := packers.Get().(*gzip.Writer)
	defer packers.Put(packer)
	var body bytes.Buffer
	packer.Reset(&body)
	if err := syncproto.WriteRequest(packer, r); err != nil {
		return nil, fmt.Errorf("write the outbox for sending: %w", err)
	}
	if err := packer.Close(); err != nil {
		return nil, fmt.Errorf("write the outbox for sending: %w", err)
	}
	return body.Bytes(), nil
}

// readReply reads a reply to its end, and no more of it than a reply may have.
func readReply(res *http.Response, down func(int), records func(int)) (syncproto.Reply, error) {
	var body io.Reader = meter{res.Body, down}
	if res.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return syncproto.Reply{}, err
		}
		body = unpacked
	}
	body = io.LimitReader(body, syncproto.MaxInflatedBytes)
	reply, err := syncproto.ReadReply(body, records)
	if err != nil {
		return reply, err
	}
	_, err = io.Copy(io.Discard, body) // to the end, where gzip compares its checksum
	return reply, err
}

// A meter tells how many bytes were read through it.
type meter struct {
	io.Reader
	tell func(int)
}

func (m meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.tell(n)
	return n, err
}
