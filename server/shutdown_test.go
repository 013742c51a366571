package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

// first passes on the first line that a server writes.
type first chan string

func (f first) Write(b []byte) (int, error) {
	f <- string(b)
	return len(b), nil
}

// served is a server that would wait for an hour.
func served(t *testing.T, o Options, apps ...App) (addr string, stop func() error) {
	t.Helper()
	ready, ended := make(first, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	o.Dev, o.Data, o.Ready, o.DrainFor = true, t.TempDir(), ready, time.Hour
	go func() { ended <- Serve(ctx, o, apps...) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	select {
	case line := <-ready:
		_, addr, _ = strings.Cut(strings.TrimSpace(line), "://")
	case err := <-ended:
		t.Fatal(err)
	}
	return addr, stop
}

// pouring answers for as long as somebody takes it.
func pouring() App {
	app := botApp()
	app.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	return app
}

// TestOPS2_NobodyWhoIsSilentHoldsUpTheEnd: nothing but their connections' being cut lets the server end here.
func TestOPS2_NobodyWhoIsSilentHoldsUpTheEnd(t *testing.T) {
	for what, o := range map[string]Options{
		"with calls": {}, "without": {Calls: CallOptions{Off: true}}, "TLS": {Calls: CallOptions{Off: true}, TLS: httptestTLS(t)},
	} {
		t.Run(what, func(t *testing.T) {
			addr, stop := served(t, o, pouring())
			dial := func(says string) *bufio.Reader {
				c, err := net.Dial("tcp", addr)
				if err == nil && o.TLS != nil && says != "" {
					c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
				}
				if err == nil {
					_, err = io.WriteString(c, says)
				}
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { cut(c) })
				return bufio.NewReader(c)
			}
			const upgrade = "GET /api/session HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: " + wire.Subprotocol + "\r\n\r\n"
			dial("")
			dial("GET / HT")
			for _, says := range []string{
				upgrade, "GET /bot/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
				"POST /account/guest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n",
				"POST /account/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n",
			} {
				if _, err := dial(says).Peek(1); err != nil { // it is served
					t.Fatal(says, err)
				}
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

func httptestTLS(t *testing.T) *tls.Config {
	web := httptest.NewUnstartedServer(http.NotFoundHandler())
	web.StartTLS()
	t.Cleanup(web.Close)
	return &tls.Config{Certificates: web.TLS.Certificates}
}

// An answer of which somebody takes something now and then is not cut off, and neither is one that takes its time to come.
func TestOPS2_WhoTakesItsAnswerGetsIt(t *testing.T) {
	d := newDoorkeeper(100)
	slow, fed, full, waits, stays, had, next := &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}
	left, taken := map[net.Conn]int{slow: 1000, fed: 1000, full: 1000, stays: 1000}, map[net.Conn]uint64{}
	for _, c := range []net.Conn{slow, fed, full, waits, stays, had, next} {
		d.watch(c, http.StateNew)
		d.watch(c, http.StateActive)
	}
	d.answered(slow)
	d.answered(had)
	d.answered(next)
	d.watch(next, http.StateIdle)
	d.watch(next, http.StateActive)
	for now := int64(0); now < 10*patience.Microseconds(); now += patience.Microseconds() / 2 {
		d.round(now, func(c net.Conn) (int, uint64) { return left[c], taken[c] })
		left[slow]--
		left[fed]++   // what it takes, the handler makes up for before the next round,
		taken[full]++ // or just that
	}
	d.close()
	if slow.closed || fed.closed || full.closed || waits.closed || next.closed {
		t.Errorf("closed: who reads slowly %v, who gets more all the time %v, as much as it takes %v, who waits %v, who waits for another answer %v", slow.closed, fed.closed, full.closed, waits.closed, next.closed)
	}
	if !stays.closed || !had.closed {
		t.Errorf("closed: who takes nothing %v, who has all %v", stays.closed, had.closed)
	}
}

// fakeConn is a connection that only notes that it was closed.
type fakeConn struct {
	net.Conn
	closed bool
}

func (c *fakeConn) Close() error {
	c.closed = true
	return nil
}
