package link_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"satchel/internal/simtest/link"
)

// echo answers each connection with what it says, until it ends.
func echo(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(c, c) // it ends as the test wants
			c.Close()
		}()
	}
}

func TestALinkTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n link.Network
		l := n.Listen()
		defer l.Close()
		go echo(l)
		c, err := n.Dial(t.Context(), link.Luck{Latency: 300 * time.Millisecond, Rate: 1000, Up: -1, Down: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer synctest.Wait()
		defer n.Break()
		begun := time.Now()
		text := bytes.Repeat([]byte("x"), 2000)
		if _, err := c.Write(text); err != nil || time.Since(begun) != 2*time.Second {
			t.Errorf("2,000 bytes at 1,000 a second were sent after %v, %v", time.Since(begun), err)
		}
		got := make([]byte, len(text))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, text) {
			t.Errorf("the echo is %d bytes, %v", len(got), err)
		}
		if took := time.Since(begun); took < 4*time.Second || took > 5*time.Second {
			t.Errorf("the echo took %v, want 4 s of sending and 0.6 s on the way", took)
		}
		if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		begun = time.Now()
		if _, err := c.Read(got); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Minute {
			t.Errorf("a read with a deadline gave up after %v with %v", time.Since(begun), err)
		}
	})
}

func TestALinkBreaksWhereItShould(t *testing.T) {
	for name, c := range map[string]struct {
		luck     link.Luck
		up, back int
	}{
		"never":        {link.Luck{Up: -1, Down: -1}, 10, 10},
		"at once":      {link.Luck{Up: 0, Down: -1}, 0, 0},
		"on the way":   {link.Luck{Up: 4, Down: -1}, 4, 4},
		"back":         {link.Luck{Up: -1, Down: 7}, 10, 7},
		"in the quiet": {link.Luck{Up: 4, Down: -1, Silent: true}, 4, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n link.Network
				l := n.Listen()
				defer l.Close()
				heard := make(chan []byte, 1)
				go func() {
					server, err := l.Accept()
					if err != nil {
						return
					}
					defer server.Close()
					got, _ := io.ReadAll(io.LimitReader(server, 10)) // where it breaks is the question
					heard <- got
					_, _ = server.Write(got)
				}()
				client, err := n.Dial(t.Context(), c.luck)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = client.Write([]byte("0123456789"))
				if err := client.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
				if c.luck.Silent {
					_, err := client.Read(make([]byte, 1))
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("on a silent link a read ends with %v", err)
					}
					client.Close()
					<-heard
					return
				}
				back, _ := io.ReadAll(client)
				if up := <-heard; len(up) != c.up || c.up == 10 && len(back) != c.back {
					t.Errorf("%d bytes arrived and %d came back, want %d and %d", len(up), len(back), c.up, c.back)
				}
				client.Close()
			})
		})
	}
}

// TestClientsNoticeOneAfterTheOther has a reader and a writer wait for a server whose machine ends.
func TestClientsNoticeOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n link.Network
		l := n.Listen()
		go func() { // a server that says nothing
			for err := error(nil); err == nil; {
				_, err = l.Accept()
			}
		}()
		noticed := make(chan time.Duration)
		begun := time.Now()
		for _, wait := range []func(net.Conn) (int, error){
			func(c net.Conn) (int, error) { return c.Read(make([]byte, 1)) },
			func(c net.Conn) (int, error) { return c.Write(make([]byte, 10)) },
		} {
			c, err := n.Dial(t.Context(), link.Luck{Rate: 1, Up: -1, Down: -1})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				_, _ = wait(c) // when it ends is the question
				noticed <- time.Since(begun)
			}()
		}
		synctest.Wait()
		n.Break()
		if first, second := <-noticed, <-noticed; first == 0 || first == second || second > time.Millisecond {
			t.Errorf("they noticed after %v and %v", first, second)
		}
	})
}

func TestTheStandardServerAndClientSpeakOverIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n link.Network
		web := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(w, r.Body)
		})}
		ended := make(chan error, 1)
		go func() { ended <- web.Serve(n.Listen()) }()
		synctest.Wait()
		transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return n.Dial(ctx, link.Good(time.Second))
		}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://server/", strings.NewReader("text"))
		if err != nil {
			t.Fatal(err)
		}
		res, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if got, err := io.ReadAll(res.Body); err != nil || string(got) != "text" {
			t.Errorf("the answer is %q, %v", got, err)
		}
		n.Break()
		if res, err := transport.RoundTrip(req.Clone(t.Context())); err == nil {
			res.Body.Close()
			t.Error("a server that is gone answers")
		}
		transport.CloseIdleConnections()
		_ = web.Close() // its listener is closed already
		if err := <-ended; err == nil {
			t.Error("a server that was broken off ends as if it had been told to")
		}
	})
}
