package session

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/wire"
)

// tcpPair is a connection over the loopback, whose far end is read and thrown away.
func tcpPair(b *testing.B) net.Conn {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	near, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(io.Discard, far)
	}()
	b.Cleanup(func() {
		near.Close()
		<-done
		far.Close()
	})
	return near
}

// BenchmarkWrite compares a write for each frame of 128 bytes with the outbox, which joins what is pending.
func BenchmarkWrite(b *testing.B) {
	frame := NewFrame(make([]byte, 126))
	b.Run("each", func(b *testing.B) {
		g := newGate(tcpPair(b))
		for b.Loop() {
			if _, err := g.Write(frame.b); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("joined", func(b *testing.B) {
		var flush flusher
		c := &Conn{out: &outbox{gate: newGate(tcpPair(b)), limit: 2 << 20, flush: &flush, now: func() int64 { return 1 }}}
		b.ReportAllocs()
		for b.Loop() {
			for !c.Send(frame) {
				runtime.Gosched()
			}
		}
		flush.done.Wait()
	})
}

// benchServer is a server on the loopback.
func benchServer(b *testing.B) (*Server, string) {
	s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(s.Handler())
	b.Cleanup(func() {
		s.Close()
		web.Close()
	})
	return s, web.URL
}

// BenchmarkRequest is a round trip through the session with a bus that answers at once, 1 and 32 in flight.
func BenchmarkRequest(b *testing.B) {
	for _, window := range []int{1, 32} {
		b.Run(fmt.Sprint(window), func(b *testing.B) {
			_, url := benchServer(b)
			ws, _, err := websocket.Dial(context.Background(), url+"/api/session", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
			if err != nil {
				b.Fatal(err)
			}
			defer ws.CloseNow()
			p := &peer{b, ws}
			p.send(wire.Hello{Version: 1, Token: "alice"})
			expect(p, wire.ParseWelcome)
			p.open("bench", run1)
			b.ReportAllocs()
			b.ResetTimer()
			var id uint64
			for b.Loop() {
				id++
				p.send(wire.Request{Ch: 1, ID: id, Floor: id, Method: "Get"})
				if id > uint64(window) {
					expect(p, wire.ParseReply)
				}
			}
		})
	}
}

// BenchmarkIdle tells what an idle connection costs, the far end's net.Conn of this process included.
func BenchmarkIdle(b *testing.B) {
	const conns = 1000
	s, url := benchServer(b)
	for b.Loop() {
		before := memory()
		far := make([]net.Conn, conns)
		for i := range far {
			far[i] = idle(b, strings.TrimPrefix(url, "http://"))
		}
		until(b, "all have said hello", func() bool { return len(s.all()) == conns })
		b.ReportMetric(float64(memory()-before)/conns, "B/conn")
		for _, c := range far {
			c.Close()
		}
		until(b, "all are gone", func() bool { return len(s.all()) == 0 })
	}
}

func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// idle opens a connection by hand, so that the far end costs little, and says hello and open.
func idle(b *testing.B, addr string) net.Conn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	fmt.Fprintf(c, "GET /api/session HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wab.v1\r\n\r\n", addr)
	r := bufio.NewReaderSize(c, 512)
	for line := "x"; line != "\r\n"; {
		if line, err = r.ReadString('\n'); err != nil {
			b.Fatal(err)
		}
	}
	for i, f := range []appender{wire.Hello{Version: 1, Token: "alice"}, wire.Open{Ch: 1, CA: home, Session: "s" + strings.TrimPrefix(c.LocalAddr().String(), "127.0.0.1:"), Run: run1}} {
		payload := f.Append(nil)
		c.Write(append([]byte{opBinary, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)) // masked with zeros
		head := make([]byte, 2)
		if _, err := io.ReadFull(r, head); err != nil {
			b.Fatal(i, err)
		}
		io.CopyN(io.Discard, r, int64(head[1]))
	}
	return c
}
