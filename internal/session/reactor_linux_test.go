package session

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// of is a feature's frame that bears a number, in a client's WebSocket frame.
func of(kind, number uint64) []byte {
	return masked(opBinary, cbor.AppendUint(cbor.AppendUint(cbor.AppendArrayHeader(nil, 2), kind), number), 0x01020304)
}

// number is that number.
func number(frame []byte) uint64 {
	r := cbor.NewReader(frame)
	r.Array()
	r.Uint()
	return r.Uint()
}

// TestIdleSocketsHoldNoGoroutine: nor does closing them all at once leave a file open.
func TestIdleSocketsHoldNoGoroutine(t *testing.T) {
	conns := 1000
	if testing.Short() {
		conns = 200
	}
	files := openFiles(t)
	s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Log: slog.New(slog.DiscardHandler), MaxOwnerConns: conns})
	web := httptest.NewServer(s.Handler())
	before := runtime.NumGoroutine()
	far := make([]*bare, conns)
	for i := range far {
		far[i] = helloBare(t, web)
	}
	until(t, "no goroutine is left of their upgrades", func() bool { return runtime.NumGoroutine() < before+10 })
	for _, c := range s.all() {
		ours(t, c)
	}
	s.Close()
	if n := s.Stats().Conns; n != 0 {
		t.Errorf("%d connections are left", n)
	}
	for _, b := range far {
		b.expectEnd()
		b.Close()
	}
	web.Close()
	until(t, "all files are closed", func() bool { return openFiles(t) <= files })
}

// TestClosingWhileClientsComeLeavesNothing: an upgrade may be at any of its steps.
func TestClosingWhileClientsComeLeavesNothing(t *testing.T) {
	files := openFiles(t)
	for range 30 {
		s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Log: slog.New(slog.DiscardHandler)})
		web := httptest.NewServer(s.Handler())
		var dials sync.WaitGroup
		var up atomic.Int32
		for range 4 {
			dials.Go(func() {
				for {
					c, err := net.Dial("tcp", strings.TrimPrefix(web.URL, "http://"))
					if err != nil {
						t.Error(err)
						return
					}
					io.WriteString(c, "GET /api/session HTTP/1.1\r\nHost: wab.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
						"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wab.v1\r\n\r\n")
					answer, _ := bufio.NewReader(c).ReadString('\n')
					c.Close()
					if up.Add(1); !strings.Contains(answer, "101") {
						return
					}
				}
			})
		}
		until(t, "some are up", func() bool { return up.Load() > 3 })
		s.Close()
		dials.Wait()
		web.Close()
	}
	until(t, "all files are closed", func() bool { return openFiles(t) <= files })
}

// TestAllThatComesBeforeTheEndIsRead: many reads' worth, and then the end, which is told but once.
func TestAllThatComesBeforeTheEndIsRead(t *testing.T) {
	s, web := socketServer(t, false)
	const frames = 20_000
	var next atomic.Uint64
	s.RegisterKind(wire.FirstFeature, func(_ *Conn, frame []byte) error {
		if n := number(frame); !next.CompareAndSwap(n, n+1) {
			t.Errorf("frame %d comes where %d should", n, next.Load())
		}
		return nil
	})
	var all []byte
	for i := range uint64(frames) {
		all = append(all, of(wire.FirstFeature, i)...)
	}
	for _, debt := range []bool{false, true} {
		next.Store(0)
		b := helloBare(t, web)
		c := alone(t, s)
		if debt { // all of it lies in the socket then, as far as there is room
			owe(c.share)
			b.write(all[:1]...)
			until(t, "the socket is held", func() bool { return waiters(c.share) == 1 })
		} else {
			b.write(all[:1]...)
		}
		sends := make(chan struct{})
		go func() {
			defer close(sends)
			b.Write(all[1:])
			b.Conn.(*net.TCPConn).CloseWrite()
		}()
		until(t, "the connection is gone", func() bool {
			s.opt.Clock.(*clock.Fake).Advance(time.Millisecond)
			return s.Stats().Conns == 0
		})
		<-sends
		if n := next.Load(); n != frames {
			t.Errorf("in debt %v: %d frames were read", debt, n)
		}
	}
}

// TestDataAndTheEndAtOnceAreNoticedWhereAnOwnerOwes: the socket is held when both are told.
func TestDataAndTheEndAtOnceAreNoticedWhereAnOwnerOwes(t *testing.T) {
	s, web := socketServer(t, false)
	for range 50 {
		b := helloBare(t, web)
		share := alone(t, s).share
		owe(share)
		b.write(sent(wire.Ping{T: 1})...)
		b.Conn.(*net.TCPConn).CloseWrite()
		until(t, "the socket is held", func() bool { return waiters(share) == 1 })
		s.opt.Clock.(*clock.Fake).Advance(time.Second)
		gone(t, s)
	}
}

// TestWhatFollowsAnUrgentByteIsRead: a read ends before it, and nothing tells of the rest.
func TestWhatFollowsAnUrgentByteIsRead(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	c := alone(t, s)
	owe(c.share)
	b.write(sent(wire.Ping{T: 1})...)
	until(t, "the socket is held", func() bool { return waiters(c.share) == 1 })
	raw, err := b.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = syscall.Sendto(int(fd), []byte("!"), syscall.MSG_OOB, nil) })
	if err != nil {
		t.Fatal(err)
	}
	b.write(sent(wire.Ping{T: 2})...)
	until(t, "the server has all", func() bool { left, _ := unsent(b.Conn); return left == 0 })
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	b.expect(opBinary, wire.KindPong)
	b.expect(opBinary, wire.KindPong)
}

// stuckHandlers has handlers of the first feature's frames wait until goOn is closed; in counts them.
func stuckHandlers(s *Server) (in *atomic.Int32, goOn chan struct{}) {
	in, goOn = new(atomic.Int32), make(chan struct{})
	s.RegisterKind(wire.FirstFeature, func(*Conn, []byte) error {
		in.Add(1)
		<-goOn
		return nil
	})
	return in, goOn
}

// TestHandlersThatDoNotReturnHoldUpTheirConnectionsOnly: more of them than there are processors.
func TestHandlersThatDoNotReturnHoldUpTheirConnectionsOnly(t *testing.T) {
	s, web := socketServer(t, false)
	in, goOn := stuckHandlers(s)
	stuck := make([]*bare, 2*runtime.GOMAXPROCS(0)+1)
	for i := range stuck {
		stuck[i] = helloBare(t, web)
		stuck[i].write(of(wire.FirstFeature, 0)...)
	}
	until(t, "all handlers run", func() bool { return int(in.Load()) == len(stuck) })
	late := helloBare(t, web)
	for range 100 {
		late.write(sent(wire.Ping{})...)
		late.expect(opBinary, wire.KindPong)
	}
	close(goOn)
	for _, b := range stuck {
		b.write(sent(wire.Ping{})...)
		b.expect(opBinary, wire.KindPong)
	}
	r := ours(t, s.all()[0]).reactor
	until(t, "one goroutine waits for all again, and nobody guards it", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.running == 1 && r.fetching && !r.guarded
	})
}

// TestCA9_AHandlerThatDoesNotReturnHoldsUpNobodysTurn: a turn is told by no event. Who waits for events does not see it, and one who reads already would only see to it next.
func TestCA9_AHandlerThatDoesNotReturnHoldsUpNobodysTurn(t *testing.T) {
	s, web := socketServer(t, false)
	in, goOn := stuckHandlers(s)
	alice := helloBare(t, web)
	r := ours(t, alone(t, s)).reactor
	bob := dialBare(t, web)
	bob.write(sent(wire.Hello{Version: 1, Token: "bob"})...)
	bob.expect(opBinary, wire.KindWelcome)
	s.mu.Lock()
	share := &s.owners["bob"].share
	s.mu.Unlock()
	owe(share)
	bob.write(sent(wire.Ping{})...)
	until(t, "bob is held", func() bool { return waiters(share) == 1 })
	alice.write(of(wire.FirstFeature, 0)...)
	until(t, "alice's handler runs", func() bool { return in.Load() == 1 })
	until(t, "another reader waits for events, and nobody guards it", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.fetching && r.wait && !r.guarded
	})
	defer close(goOn)
	bob.SetReadDeadline(time.Now().Add(patience))
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	bob.expect(opBinary, wire.KindPong)
}

// TestCA9_WhatComesBehindTheUpgradeRequestIsCharged: who sends all it has with it, and connects again, would use the server for nothing.
func TestCA9_WhatComesBehindTheUpgradeRequestIsCharged(t *testing.T) {
	for _, goroutine := range []bool{false, true} {
		s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Clock: clock.NewFake(time.Unix(1_790_000_000, 0)), Log: slog.New(slog.DiscardHandler)})
		s.RegisterKind(wire.FirstFeature, func(*Conn, []byte) error {
			s.opt.Clock.(*clock.Fake).Advance(mostSlice)
			return nil
		})
		web := httptest.NewUnstartedServer(s.Handler())
		if goroutine { // reads it, not the reactor
			web.Listener = apart{web.Listener}
		}
		web.Start()
		early := append(sent(wire.Hello{Version: 1, Token: "alice"}), of(wire.FirstFeature, 0)...)
		b := dialBare(t, web, early...)
		b.expect(opBinary, wire.KindWelcome)
		s.mu.Lock()
		share := &s.owners["alice"].share
		s.mu.Unlock()
		until(t, "it is charged", func() bool { return share.paid.Load() != 0 })
		s.Close()
		web.Close()
	}
}

// TestCA9_WhoIsClosedWhileHeldLeavesAndTheTurnGoesOn: there is no need to wait for one's turn to leave, and nobody else's is lost.
func TestCA9_WhoIsClosedWhileHeldLeavesAndTheTurnGoesOn(t *testing.T) {
	s, web := socketServer(t, false)
	first := helloBare(t, web)
	a := alone(t, s)
	second := helloBare(t, web)
	owe(a.share)
	first.write(sent(wire.Ping{T: 1})...)
	until(t, "the first is held", func() bool { return waiters(a.share) == 1 })
	second.write(sent(wire.Ping{T: 2})...)
	until(t, "the second is held", func() bool { return waiters(a.share) == 2 })
	a.out.gate.Close()
	until(t, "the first is gone", func() bool { return s.Stats().Conns == 1 })
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	second.expect(opBinary, wire.KindPong)
	owe(alone(t, s).share)
	second.write(sent(wire.Ping{T: 3})...)
	until(t, "the second is held again", func() bool { return waiters(alone(t, s).share) == 1 })
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	second.expect(opBinary, wire.KindPong)
}

// TestSocketsThatNeverRunDryHideNoOthers: events are fetched among them.
func TestSocketsThatNeverRunDryHideNoOthers(t *testing.T) {
	r := &reactor{running: 1, guarded: true}
	flood := []*socket{{reactor: r}, {reactor: r}, {reactor: r}}
	for _, s := range flood {
		r.enqueue(s)
	}
	fetches, reads := 0, map[*socket]int{}
	for range 1000 {
		s, goOn := r.next()
		switch {
		case !goOn:
			t.Fatal("the reader ends")
		case s == nil:
			if r.wait {
				t.Fatal("it waits where there is something to read")
			}
			fetches++
			r.fetching = false
		default:
			reads[s]++
			s.settle(true)
		}
	}
	if fetches < 1000/(perReader+2) {
		t.Errorf("events were fetched %d times", fetches)
	}
	for _, s := range flood {
		if reads[s] < reads[flood[0]]-1 || reads[s] > reads[flood[0]]+1 {
			t.Errorf("one was read %d times, another %d times", reads[s], reads[flood[0]])
		}
	}
}

// TestWhatIsToldDuringAReadIsNotForgotten: an end above all, of which nothing tells again.
func TestWhatIsToldDuringAReadIsNotForgotten(t *testing.T) {
	r := &reactor{running: 1, guarded: true}
	s := &socket{reactor: r, fd: 5}
	r.sockets = slices.Repeat([]*socket{nil}, 6)
	r.sockets[5] = s
	told := func(events uint32) { r.note(&syscall.EpollEvent{Events: events, Fd: 5}) }
	reads := func(toEnd, more bool) {
		t.Helper()
		if got, _ := r.next(); got != s || s.toEnd != toEnd {
			t.Fatalf("reads %v, to the end: %v", got, s.toEnd)
		}
	}
	s.settle(false)
	told(syscall.EPOLLOUT) // room alone is nothing to read
	if r.queue.len() != 0 {
		t.Fatal("it is read")
	}
	told(syscall.EPOLLIN | syscall.EPOLLOUT)
	told(syscall.EPOLLIN)
	reads(false, false)
	told(syscall.EPOLLIN | syscall.EPOLLRDHUP)
	s.settle(false) // as if there had been nothing when it was read
	reads(true, true)
	s.settle(true)
	reads(true, true)
	s.settle(false)
	if r.queue.len() != 0 || s.state != quiet {
		t.Error("it is read again where nothing was told")
	}
	told(syscall.EPOLLHUP)
	reads(true, true)
	r.sockets[5] = nil
	told(syscall.EPOLLIN) // it comes late
}

// apart is a listener whose connections are no *net.TCPConn: a reactor leaves them alone.
type apart struct{ net.Listener }

func (l apart) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ *net.TCPConn }{c.(*net.TCPConn)}, nil
}

// TestASocketThatIsNotTheReactorsIsReadByAGoroutine: by bare system calls, as all are on other Unix systems.
func TestASocketThatIsNotTheReactorsIsReadByAGoroutine(t *testing.T) {
	s := New(Options{Bus: newFakeBus(), Auth: newFakeAuth(), Clock: clock.NewFake(time.Unix(1_790_000_000, 0)), Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewUnstartedServer(s.Handler())
	web.Listener = apart{web.Listener}
	web.Start()
	defer web.Close()
	defer s.Close()
	hello := sent(wire.Hello{Version: 1, Token: "alice"})
	b := dialBare(t, web, hello[:5]...)
	b.write(hello[5:]...)
	b.expect(opBinary, wire.KindWelcome)
	c := alone(t, s)
	if _, ok := c.out.gate.ReadWriteCloser.(*socket); ok || c.out.gate.raw == nil {
		t.Fatalf("a %T is read", c.out.gate.ReadWriteCloser)
	}
	for i := range 3 {
		owe(c.share)
		b.write(sent(wire.Ping{T: int64(i)})...)
		until(t, "the reader waits", func() bool { return waiters(c.share) == 1 })
		s.opt.Clock.(*clock.Fake).Advance(time.Second)
		b.expect(opBinary, wire.KindPong)
	}
	const many = 3000
	var all []byte
	for i := range many {
		all = append(all, sent(wire.Ping{T: int64(i)})...)
	}
	b.write(all...)
	for range many {
		b.expect(opBinary, wire.KindPong)
		s.opt.Clock.(*clock.Fake).Advance(time.Millisecond)
	}
	b.write(sent(wire.Ping{T: 1})...)
	b.Conn.(*net.TCPConn).CloseWrite()
	gone(t, s)
}

// TestOPS1_AFloodEndsOnOneProcessorToo: who reads does not keep those from it that write, so that a queue overflows where nobody was slow.
func TestOPS1_AFloodEndsOnOneProcessorToo(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	TestOPS1_AFloodEndsWhenTheServerEndsIt(t)
}
