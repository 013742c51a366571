package session

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// socketServer is a server on a real socket.
func socketServer(t *testing.T, secure bool) (*Server, *httptest.Server) {
	t.Helper()
	s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Clock: clock.NewFake(time.Unix(1_790_000_000, 0)), Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewUnstartedServer(s.Handler())
	if secure {
		web.StartTLS()
	} else {
		web.Start()
	}
	t.Cleanup(func() {
		s.Close()
		web.CloseClientConnections()
		web.Close()
	})
	return s, web
}

// bare is a client that writes bytes.
type bare struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

// dialBare upgrades, and sends early behind the upgrade request in the same write.
func dialBare(t *testing.T, web *httptest.Server, early ...byte) *bare {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	b := &bare{t, c, bufio.NewReader(c)}
	b.write(append([]byte("GET /api/session HTTP/1.1\r\nHost: wab.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wab.v1\r\n\r\n"), early...)...)
	resp, err := http.ReadResponse(b.r, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp, err)
	}
	return b
}

// helloBare has also said hello.
func helloBare(t *testing.T, web *httptest.Server) *bare {
	t.Helper()
	b := dialBare(t, web)
	b.write(sent(wire.Hello{Version: 1, Token: "alice"})...)
	b.expect(opBinary, wire.KindWelcome)
	return b
}

// sent is a protocol frame in a client's WebSocket frame.
func sent(f appender) []byte { return masked(opBinary, f.Append(nil), 0xa1b2c3d4) }

func (b *bare) write(bytes ...byte) {
	b.t.Helper()
	if _, err := b.Write(bytes); err != nil {
		b.t.Fatal(err)
	}
}

// expect reads the next frame, and what kind of protocol frame it is.
func (b *bare) expect(op byte, kind uint64) []byte {
	b.t.Helper()
	got, payload, err := frameOn(b.r)
	if err != nil || got != op || op == opBinary && wire.Kind(payload) != kind {
		b.t.Fatalf("got %x %x, %v; want %x of kind %d", got, payload, err, op, kind)
	}
	return payload
}

// expectEnd reads until the server has closed.
func (b *bare) expectEnd() {
	b.t.Helper()
	if rest, err := io.ReadAll(b.r); len(rest) > 0 || err != nil {
		b.t.Errorf("%x follows, %v", rest, err)
	}
}

func alone(t *testing.T, s *Server) *Conn {
	t.Helper()
	until(t, "the connection is in", func() bool { return len(s.all()) == 1 })
	return s.all()[0]
}

func gone(t *testing.T, s *Server) {
	t.Helper()
	until(t, "the connection is gone", func() bool { return s.Stats().Conns == 0 })
}

func TestWhatComesBehindTheUpgradeRequestCounts(t *testing.T) {
	_, web := socketServer(t, false)
	hello := sent(wire.Hello{Version: 1, Token: "alice"})
	for _, n := range []int{1, 5, len(hello) - 1, len(hello)} {
		b := dialBare(t, web, hello[:n]...)
		b.write(hello[n:]...)
		b.expect(opBinary, wire.KindWelcome)
		b.Close()
	}
	b := dialBare(t, web, append(bytes.Clone(hello), sent(wire.Ping{T: 1})...)...)
	b.expect(opBinary, wire.KindWelcome)
	b.expect(opBinary, wire.KindPong)
}

func TestFramesThatComeByteByByteAndManyAtOnce(t *testing.T) {
	_, web := socketServer(t, false)
	b := helloBare(t, web)
	b.Conn.(*net.TCPConn).SetNoDelay(true)
	for _, x := range sent(wire.Ping{T: 7}) {
		b.write(x)
	}
	b.expect(opBinary, wire.KindPong)
	const many = 3000 // 60 KB: some lie across the ends of what is read at once
	var all []byte
	for i := range many {
		all = append(all, sent(wire.Ping{T: int64(i) << 20})...)
	}
	b.write(all...)
	for i := range many {
		if f, err := wire.ParsePong(b.expect(opBinary, wire.KindPong)); err != nil || f.T != int64(i)<<20 {
			t.Fatal(i, f, err)
		}
	}
}

func TestLargeMessagesInFragmentsWithPingsBetween(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", secure), func(t *testing.T) {
			s, web := socketServer(t, secure)
			p := dialPeer(t, web.URL, web.Client(), nil)
			p.hello("alice")
			p.open("phone", run1)
			if raw := alone(t, s).out.gate.raw != nil; raw == secure {
				t.Errorf("bare system calls over TLS %v: %v", secure, raw)
			}
			args := cbor.AppendBytes([]byte{0x81}, bytes.Repeat([]byte("large"), 180_000))
			frame := wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Get", Args: args}.Append(nil)
			w, err := p.ws.Writer(context.Background(), websocket.MessageBinary)
			if err != nil {
				t.Fatal(err)
			}
			answered := make(chan error, 1)
			go func() { // reads pongs, too
				b, err := p.receive()
				if err == nil && wire.Kind(b) != wire.KindReply {
					err = fmt.Errorf("got %x", b)
				}
				answered <- err
			}()
			for i := 0; len(frame) > 0; i++ {
				n := min(len(frame), 50_000)
				if _, err := w.Write(frame[:n]); err != nil {
					t.Fatal(err)
				}
				if frame = frame[n:]; i%5 == 0 {
					if err := p.ws.Ping(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := <-answered; err != nil {
				t.Fatal(err)
			}
			if err := p.ws.Close(websocket.StatusNormalClosure, "done"); err != nil {
				t.Error("the close handshake:", err)
			}
			gone(t, s)
			got := s.opt.Bus.(*fakeBus).requests()
			if !bytes.Equal(got[len(got)-1].Args, args) {
				t.Error("the message was changed on its way")
			}
		})
	}
}

func TestDataAndTheEndAtOnceAreNoticed(t *testing.T) {
	s, web := socketServer(t, false)
	for range 50 {
		b := helloBare(t, web)
		b.write(sent(wire.Ping{T: 1})...)
		b.Conn.(*net.TCPConn).CloseWrite()
		gone(t, s)
	}
}

func TestAClientThatResetsIsGone(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	b.Conn.(*net.TCPConn).SetLinger(0)
	b.Close()
	gone(t, s)
}

func TestTheCloseHandshakeThatAClientBegins(t *testing.T) {
	s, web := socketServer(t, false)
	for _, c := range []struct{ says, hears []byte }{
		{nil, nil}, {[]byte{0x03, 0xe8}, []byte{0x03, 0xe8}}, {[]byte("\x0f\xa0bye"), []byte{0x0f, 0xa0}},
	} {
		b := helloBare(t, web)
		b.write(append(masked(opClose, c.says, 1), sent(wire.Ping{})...)...) // nothing counts after a close frame
		if got := b.expect(opClose, 0); !bytes.Equal(got, c.hears) {
			t.Errorf("%x was answered by %x", c.says, got)
		}
		b.expectEnd()
		gone(t, s)
	}
}

func TestTheCloseHandshakeThatTheServerBegins(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	alone(t, s).refuse(errExpired)
	b.expect(opBinary, wire.KindBye)
	if code := b.expect(opClose, 0); binary.BigEndian.Uint16(code) != wire.ClosePolicy {
		t.Errorf("close %x", code)
	}
	b.write(masked(opPing, nil, 1)...) // nothing follows a close frame
	b.write(masked(opClose, []byte{0x03, 0xf0}, 1)...)
	b.expectEnd()
	gone(t, s)
}

// TestTheLastWordComesWholeWhenBothClose: the client closes while bye waits for room.
func TestTheLastWordComesWholeWhenBothClose(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	c := alone(t, s)
	for range 100 {
		c.Send(NewFrame(make([]byte, 10_000)))
	}
	until(t, "nothing more goes out", func() bool { return c.out.started.Load() != 0 || c.out.size() == 0 })
	c.bye(wire.Bye{Code: wire.Unavailable}, wire.CloseRestart, true)
	b.write(masked(opClose, nil, 1)...)
	frames := 0
	for op, payload := byte(0), []byte(nil); op != opClose; frames++ {
		var err error
		if op, payload, err = frameOn(b.r); err != nil {
			t.Fatal(frames, err)
		}
		if op == opClose && binary.BigEndian.Uint16(payload) != wire.CloseRestart {
			t.Errorf("closed with %x", payload)
		}
	}
	if frames != 102 {
		t.Errorf("%d frames came", frames)
	}
	b.expectEnd()
	gone(t, s)
}

func TestOPS1_ViolationsOfTheWebSocketProtocolAreToldAndEndTheConnection(t *testing.T) {
	s, web := socketServer(t, false)
	witness := helloBare(t, web)
	for what, c := range map[string]struct {
		bytes []byte
		code  uint16
	}{
		"unmasked":  {[]byte{opBinary, 1, 0}, closeProtocol},
		"reserved":  {[]byte{0xf2, 0x80}, closeProtocol},
		"too large": {[]byte{opBinary, 0xff, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4}, wire.CloseTooBig},
		"no UTF-8":  {masked(opClose, []byte{0x03, 0xe8, 0xff}, 0), closeBadData},
	} {
		b := helloBare(t, web)
		b.write(append(bytes.Clone(c.bytes), bytes.Repeat([]byte("and more"), 50_000)...)...) // it is read, so that no reset destroys the answer
		got := b.expect(opClose, 0)
		if binary.BigEndian.Uint16(got) != c.code || len(got) < 10 {
			t.Errorf("%s: closed with %q", what, got)
		}
		b.Close()
		until(t, what+" is gone", func() bool { return s.Stats().Conns == 1 })
	}
	witness.write(sent(wire.Ping{})...)
	witness.expect(opBinary, wire.KindPong)
}

// TestOPS1_HalfFramesForEverEndToo: in the header, in the payload, between fragments.
func TestOPS1_HalfFramesForEverEndToo(t *testing.T) {
	s, web := socketServer(t, false)
	ping := sent(wire.Ping{T: 1 << 40})
	for _, half := range [][]byte{ping[:1], ping[:4], ping[:8], masked(0x02, []byte("x"), 1)} {
		b := helloBare(t, web)
		b.write(append(bytes.Clone(ping), half...)...)
		b.expect(opBinary, wire.KindPong) // half of the next frame has come with it
		s.opt.Clock.(*clock.Fake).Advance(s.opt.DeadAfter)
		b.expect(opBinary, wire.KindBye)
		b.expect(opClose, 0)
		s.opt.Clock.(*clock.Fake).Advance(10 * time.Second) // the client says no more
		b.expectEnd()
		gone(t, s)
	}
}

// TestOPS1_AFloodEndsWhenTheServerEndsIt: the reader that never runs out of bytes notices, too.
func TestOPS1_AFloodEndsWhenTheServerEndsIt(t *testing.T) {
	s, web := socketServer(t, false)
	for what, frame := range map[string][]byte{"pings": masked(opPing, make([]byte, maxControl), 5), "messages": sent(wire.Ping{})} {
		b := helloBare(t, web)
		s.opt.Clock.(*clock.Fake).Advance(time.Second) // shows what is heard from now on
		flood := bytes.Repeat(frame, 1000)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := b.Write(flood); err != nil {
					return
				}
			}
		}()
		c := alone(t, s)
		until(t, "the flood is read", func() bool { return c.heard.Load() == s.micros() && (c.out.size() > 0 || what == "pings") })
		if n := c.out.size(); n > s.opt.MaxQueue+1000 {
			t.Errorf("%s: %d bytes wait", what, n)
		}
		c.out.gate.Close()
		<-done
		gone(t, s)
	}
}

func TestClosingEndsAReaderThatWaits(t *testing.T) {
	for _, secure := range []bool{false, true} {
		s, web := socketServer(t, secure)
		dialPeer(t, web.URL, web.Client(), nil)
		alone(t, s)
		s.Close() // waits for readers
		if n := s.Stats().Conns; n != 0 {
			t.Errorf("TLS %v: %d connections are left", secure, n)
		}
	}
}

func TestALargeMessageMayTakeItsTimeAsLongAsItGetsOn(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	c := alone(t, s)
	frame := sent(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Get", Args: cbor.AppendBytes([]byte{0x81}, make([]byte, 50_000))})
	for len(frame) > 0 {
		s.opt.Clock.(*clock.Fake).Advance(s.opt.DeadAfter - time.Second)
		n := min(len(frame), 10_000)
		b.write(frame[:n]...)
		frame = frame[n:]
		until(t, "the part is heard", func() bool { return c.heard.Load() == s.micros() })
	}
	b.expect(opBinary, wire.KindError)
}
