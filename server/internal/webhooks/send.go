package webhooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"satchel/server/internal/store"
)

const (
	// timeout is how long an address may take for its answer.
	timeout = 15 * time.Second
	// maxAnswer is how much of an answer is read, and thrown away.
	maxAnswer = 4 << 10
	// maxError is the longest error that is kept.
	maxError = 200
)

// A batch is the events of one delivery.
type batch struct {
	events int
	// last is the sequence of the last event.
	last int64
	data map[string]any
}

// batchOf puts events together under a name, each as tell writes it.
func batchOf[T any](list []T, seq func(T) int64, name string, tell func(T) map[string]any) (b batch) {
	told := make([]map[string]any, len(list))
	for i, event := range list {
		told[i], b.last = tell(event), seq(event)
	}
	b.events, b.data = len(list), map[string]any{name: told}
	return b
}

func changed(c store.Changed) map[string]any {
	return map[string]any{"collection": c.Collection, "id": c.ID, "area": c.Area, "seq": c.Seq, "deleted": c.Deleted}
}

func opened(o store.Opened) map[string]any {
	return map[string]any{"id": o.ID, "kind": o.Kind, "severity": o.Severity, "area": o.Area, "seq": o.Seq}
}

// Sign gives the signature of a delivery, as Standard Webhooks has it: over its id, its time in seconds and its body, with the
// key that stands behind whsec_.
func Sign(secret, id string, at int64, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", fmt.Errorf("read the key of a webhook: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", id, at)
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// post sends a batch, and gives the status of the answer, 0 if there was none. It fails unless that is 2xx.
func (s *Sender) post(ctx context.Context, w store.Webhook, b batch) (status int, err error) {
	now := s.now()
	body, err := json.Marshal(map[string]any{"type": w.Kind, "timestamp": now.UTC().Format(time.RFC3339), "data": b.data})
	if err != nil {
		return 0, err
	}
	// The same id means that the same was told, or less: what has changed since comes again behind it.
	id := fmt.Sprintf("msg_%s_%d_%d", w.ID, w.Told, b.last)
	signature, err := Sign(w.Secret, id, now.Unix(), body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0, plain(err)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Satchel", "Webhook-Id": id,
		"Webhook-Timestamp": strconv.FormatInt(now.Unix(), 10), "Webhook-Signature": signature,
	} {
		request.Header.Set(name, value)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return 0, plain(err)
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // what it says does not matter, and neither whether it ends
	if answer.StatusCode/100 != 2 {
		return answer.StatusCode, fmt.Errorf("the address answered %d", answer.StatusCode)
	}
	return answer.StatusCode, nil
}

// plain gives what went wrong without the address, whose path may be a secret.
func plain(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	text := err.Error()
	return errors.New(strings.ToValidUTF8(text[:min(len(text), maxError)], ""))
}

// client makes a client that follows no redirect and connects to nothing inside.
func client(allowed []netip.Prefix) *http.Client {
	// What is asked is the address that a name has at the moment at which it is connected to.
	guard := func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !public(at.Addr(), allowed) {
			return errors.New("the address is inside a network that webhooks may not reach; whoever runs the server can allow it with --webhook-allow")
		}
		return nil
	}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: timeout, Control: guard}).DialContext,
			TLSHandshakeTimeout: timeout, DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
		},
	}
}

// special are networks that are not public although nothing in [netip.Addr] says so.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("fec0::/10"),
}

// public reports whether an address is one that anybody reaches, or one of those that are allowed.
func public(ip netip.Addr, allowed []netip.Prefix) bool {
	ip = ip.Unmap().WithZone("")
	holds := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(allowed, holds) {
		return true
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(special, holds)
}
