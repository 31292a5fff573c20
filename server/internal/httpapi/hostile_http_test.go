package httpapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"satchel/syncproto"
)

// A badWire is what somebody sends over a connection who does not speak HTTP, or speaks it crookedly.
type badWire struct {
	name, bytes string
	// status is that of the first answer.
	status int
}

// badHTTP is refused before any address is reached, or by the address for what its body came to. HEAD is
// the first part of a sync that is good so far.
func badHTTP() []badWire {
	chunked := "HEADTransfer-Encoding: chunked\r\n\r\n"
	return []badWire{
		{"no HTTP", "hello\r\n\r\n", 400},
		{"TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"a version that there is not", "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n", 505},
		{"a version that is none", "GET /healthz HTTP/one\r\nHost: x\r\n\r\n", 400},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
		{"a host that is none", "GET /healthz HTTP/1.1\r\nHost: x\x01y\r\n\r\n", 400},
		{"a method that is none", "GE(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"an address with blanks", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"an address that ends in the middle", "GET /%z HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		{"a header without a name", "GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400},
		{"a blank before the colon", "GET /healthz HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", 400},
		{"a NUL in a header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400},
		{"a header flood", "GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 1200) + "\r\n", 431},
		{"a length that is none", "HEADContent-Length: many\r\n\r\n", 400},
		{"a negative length", "HEADContent-Length: -1\r\n\r\n", 400},
		{"a length with a sign", "HEADContent-Length: +5\r\n\r\nhello", 400},
		{"two lengths", "HEADContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400},
		{"a length beyond all numbers", "HEADContent-Length: 99999999999999999999\r\n\r\n", 400},
		{"a length beyond the limit", "HEADContent-Length: 9223372036854775807\r\n\r\n", 413},
		{"less than the length", "HEADContent-Length: 100\r\n\r\nhello", 400},
		{"an unknown transfer encoding", "HEADTransfer-Encoding: rot13\r\n\r\n", 501},
		{"two transfer encodings", "HEADTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501},
		{"a chunk of no size", chunked + "many\r\nhello\r\n0\r\n\r\n", 400},
		{"a chunk of a negative size", chunked + "-1\r\nhello\r\n0\r\n\r\n", 400},
		{"a chunk beyond all numbers", chunked + "FFFFFFFFFFFFFFFFF\r\nhello\r\n", 400},
		{"a chunk that is longer than it says", chunked + "1\r\nhello\r\n0\r\n\r\n", 400},
		{"chunks without an end", chunked + "5\r\nhello\r\n", 400},
	}
}

func TestBadHTTPIsRefused(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	head := fmt.Sprintf("POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\n", d.access, syncproto.MediaType)
	before := v.rows()
	for _, w := range badHTTP() {
		t.Run(w.name, func(t *testing.T) {
			got := v.raw(strings.Replace(w.bytes, "HEAD", head, 1))
			if got.status != w.status || len(got.body) > 4096 || leaks.MatchString(got.body) {
				t.Errorf("it is answered %d %.300q, want %d", got.status, got.body, w.status)
			}
		})
	}
	sameRows(t, "bad HTTP", before, v.rows())
	v.peace(t)
}

// TestARequestInAnotherHasNoneOfItsRights has two lengths for one body: behind the shorter stands a request,
// which is one of its own and has to show its own credentials.
func TestARequestInAnotherHasNoneOfItsRights(t *testing.T) {
	v := newVillage(t)
	d := v.hostile()
	before := v.rows()
	inner := fmt.Sprintf("POST /api/v1/devices/%s/revoke HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", v.neighbour.id)
	outer := fmt.Sprintf("POST /api/v1/sync HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		d.access, syncproto.MediaType, 5+len(inner))
	answers := bufio.NewReader(v.dial(outer + inner))
	for _, want := range []int{400, 401} {
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			break // the server may as well close the link behind a request of two lengths
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if res.Body.Close(); res.StatusCode != want {
			t.Errorf("it is answered %d, want %d", res.StatusCode, want)
		}
	}
	sameRows(t, "a request in another", before, v.rows())
}

// TestManyConnectionsThatSayLittleBlockNobody opens a thousand that stop in the middle of a header, or of a
// body that nobody asked for.
func TestManyConnectionsThatSayLittleBlockNobody(t *testing.T) {
	v := newVillage(t)
	heap := watchHeap(t)
	for i := range 1000 {
		text := "GET /healthz HTTP/1.1\r\nHost: "
		if i%2 == 0 {
			text = "POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
		}
		v.dial(text)
	}
	begun := time.Now()
	v.peace(t)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("beside a thousand idle connections a sync takes %v", took)
	}
	heap.check()
}
