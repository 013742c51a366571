package session

import (
	"context"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// drains drains a server while time passes, and returns when all are gone.
func drains(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		_ = s.Drain(context.Background())
	}()
	until(t, "the server to drain", s.draining.Load)
	for ctx.Err() == nil {
		s.opt.Clock.(*clock.Fake).Advance(hastyEvery)
		runtime.Gosched()
	}
}

// fill queues frames until a connection takes no more, and returns how many.
func fill(t *testing.T, c *Conn) (n int) {
	t.Helper()
	f := NewFrame(make([]byte, 60<<10))
	for c.Send(f) {
		n++
	}
	return n
}

func TestOPS2_DrainWaitsForNobodyWhoIsSilent(t *testing.T) {
	for what, prepare := range map[string]func(*testing.T, *Server, *bare){
		"reads nothing":                func(*testing.T, *Server, *bare) {},
		"reads nothing of much":        func(t *testing.T, s *Server, b *bare) { fill(t, alone(t, s)) },
		"reads all and does not close": func(_ *testing.T, _ *Server, b *bare) { go io.Copy(io.Discard, b.r) },
		"stays in the midst of a frame": func(_ *testing.T, _ *Server, b *bare) {
			b.write(sent(wire.Ping{T: 1})[:5]...)
		},
	} {
		t.Run(what, func(t *testing.T) {
			for greeting, connect := range map[string]func(*testing.T) (*Server, *bare){
				"hello": func(t *testing.T) (*Server, *bare) {
					s, web := socketServer(t, false)
					return s, helloBare(t, web)
				},
				"no hello": func(t *testing.T) (*Server, *bare) {
					s, web := socketServer(t, false)
					return s, dialBare(t, web)
				},
			} {
				t.Run(greeting, func(t *testing.T) {
					s, b := connect(t)
					alone(t, s)
					prepare(t, s, b)
					drains(t, s)
				})
			}
		})
	}
}

// narrow connects a client between whose system and the server's there is little room.
func narrow(t *testing.T) (*Server, *bare, *Conn) {
	t.Helper()
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	c := alone(t, s)
	b.Conn.(*net.TCPConn).SetReadBuffer(16 << 10)
	c.out.gate.ReadWriteCloser.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(16 << 10)
	return s, b, c
}

// draining begins to drain a server, and returns where the end is told.
func draining(t *testing.T, s *Server, c *Conn) <-chan error {
	t.Helper()
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(context.Background()) }()
	until(t, "the bye to be queued", func() bool { return c.ending.Load() != 0 })
	return drained
}

// leaves hears the bye and goes, and so the server has drained.
func (b *bare) leaves(drained <-chan error) {
	b.t.Helper()
	b.expect(opBinary, wire.KindBye)
	b.expect(opClose, 0)
	b.write(masked(opClose, nil, 1)...)
	b.expectEnd()
	if err := <-drained; err != nil {
		b.t.Error(err)
	}
}

// A client that reads on gets all that was on its way, and the bye.
func TestOPS2_DrainCutsOffNobodyWhoReads(t *testing.T) {
	s, b, c := narrow(t)
	frames := fill(t, c)
	drained := draining(t, s, c)
	fake, patience := s.opt.Clock.(*clock.Fake), s.opt.DrainPatience
	start := fake.Now()
	_, seen := c.out.left()
	for range frames {
		b.expect(opBinary, 0)
		left := 0
		until(t, "the server to see that something was read", func() bool {
			n, taken := c.out.left()
			left = n
			return n == 0 || taken != seen
		})
		if left > 0 {
			fake.Advance(patience - hastyEvery)
			seen = c.out.vigil.taken
		}
	}
	if passed := fake.Now().Sub(start); passed < 3*patience {
		t.Errorf("%d frames took only %v", frames, passed)
	}
	b.leaves(drained)
}

// Nor one that reads a large frame by and by: what is written next fills the system's room again, so that as much is left at each look.
func TestOPS2_DrainCutsOffNobodyWhoReadsALargeFrame(t *testing.T) {
	s, b, c := narrow(t)
	const size, piece = 900 << 10, 60 << 10
	if !c.Send(NewFrame(make([]byte, size))) {
		t.Fatal("refused")
	}
	drained := draining(t, s, c)
	fake, patience := s.opt.Clock.(*clock.Fake), s.opt.DrainPatience
	_, seen := c.out.left()
	for range 10 {
		if _, err := io.CopyN(io.Discard, b.r, piece); err != nil {
			t.Fatal(err)
		}
		until(t, "the client's system to have more, and the server's to be full", func() bool {
			unsent, taken := unsent(c.out.gate.ReadWriteCloser)
			return taken != seen && unsent >= 16<<10
		})
		fake.Advance(patience - hastyEvery)
		seen = c.out.vigil.taken
	}
	if _, err := io.CopyN(io.Discard, b.r, maxHeader+size-10*piece); err != nil {
		t.Fatal(err)
	}
	b.leaves(drained)
}

func TestOPS2_WhoComesInWhileTheServerDrainsIsSentAway(t *testing.T) {
	st := newStand(t, nil)
	here := st.hello("alice")
	drained := make(chan error, 1)
	go func() { drained <- st.srv.Drain(context.Background()) }()
	until(t, "the server to drain", func() bool { return st.srv.all()[0].ending.Load() != 0 })
	near, far := net.Pipe()
	defer far.Close()
	st.srv.serve(near, nil, "", 0) // its upgrade had begun before
	st.clock.Advance(time.Second)
	here.expectBye(wire.Unavailable, 1, 1012)
	drains(t, st.srv)
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// Who has all, or takes nothing, is not waited for longer than it takes to find out.
func TestOPS2_DrainsPatienceEnds(t *testing.T) {
	s, web := socketServer(t, false)
	helloBare(t, web)
	c := alone(t, s)
	drained := make(chan error, 1)
	go func() { drained <- s.Drain(context.Background()) }()
	until(t, "the client's system to have the bye", func() bool { left, _ := c.out.left(); return c.ending.Load() != 0 && left == 0 })
	fake := s.opt.Clock.(*clock.Fake)
	fake.Advance(s.opt.DrainPatience - hastyEvery)
	if c.out.gate.gone.Load() {
		t.Error("the client had no time to close")
	}
	fake.Advance(3 * hastyEvery)
	if !c.out.gate.gone.Load() {
		t.Error("the client is still waited for")
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

func TestVigil(t *testing.T) {
	var v Vigil
	for i, look := range []struct {
		left  int
		taken uint64
		now   int64
		over  bool
	}{
		{10, 0, 100, false}, {10, 0, 109, false}, {9, 0, 109, false}, {9, 0, 118, false}, {12, 0, 118, false}, {11, 0, 119, false}, {11, 0, 128, false}, {11, 0, 129, true},
		{15, 0, 130, false}, {15, 0, 139, false}, {20, 0, 139, false}, {20, 0, 148, false}, {20, 0, 149, true},
		{20, 7, 150, false}, {20, 8, 159, false}, {20, 8, 168, false}, {20, 8, 169, true},
		{0, 8, 170, false}, {0, 8, 180, true},
	} {
		if got := v.Over(look.left, look.taken, look.now, 10); got != look.over {
			t.Errorf("look %d: %v", i, got)
		}
	}
}
