package session

import (
	"testing"

	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func add(ch uint32, id uint64, n int64) wire.Request {
	return wire.Request{Ch: ch, ID: id, Floor: id, Method: "Add", Args: cbor.AppendInt([]byte{0x81}, n)}
}

func result(t *testing.T, r wire.Reply) int64 {
	t.Helper()
	in := cbor.NewReader(r.Result)
	n := in.Int()
	if err := in.Done(); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRequestAndReply(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	if o := p.open("phone", run1); o.Resumed {
		t.Error("a new session was resumed")
	}
	p.send(add(1, 1, 5))
	if r := expect(p, wire.ParseReply); r.ID != 1 || result(t, r) != 5 {
		t.Errorf("got %+v", r)
	}
	p.send(wire.Request{Ch: 1, ID: 2, Floor: 2, Method: "Nope"})
	if f := expect(p, wire.ParseFailure); f.ID != 2 || f.Err.Code != wire.BadRequest {
		t.Errorf("got %+v", f)
	}
	p.send(wire.Ping{T: 42})
	if f := expect(p, wire.ParsePong); f.T != 42 || f.Now != st.clock.Now().UnixMicro() {
		t.Errorf("got %+v", f)
	}
}

func TestBUS1_TheBusHearsTheTokensOwnerAndTheRequestsIdentity(t *testing.T) {
	st := newStand(t, nil)
	p := st.connect(map[string][]string{"Authorization": {"Bearer bob"}})
	p.send(wire.Hello{Version: 1})
	if w := expect(p, wire.ParseWelcome); w.Owner != "bob" || w.Build != "test" || w.MaxFrame != wire.MaxFrame {
		t.Errorf("got %+v", w)
	}
	p.open("phone", run1)
	p.send(wire.Request{Ch: 1, ID: 7, Floor: 3, Retry: true, Method: "Get"})
	expect(p, wire.ParseReply)
	got := st.bus.requests()
	if len(got) != 2 || got[0].Method != "" || got[0].To != homeCA || got[0].Caller.Owner != "bob" {
		t.Fatalf("got %+v", got)
	}
	r := got[1]
	if r.Caller.Owner != "bob" || r.To != homeCA || r.Key.Run != run1 || r.Key.ID != 7 || r.Key.Floor != 3 || !r.Key.Retry || string(r.Args) != "\x80" {
		t.Errorf("got %+v", r)
	}
}

func TestOpenIsRefused(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxChannels = 2; o.MaxOwnerSessions = 2 })
	now := st.clock.Now().UnixMicro()
	p := st.hello("alice")
	p.open("phone", run1)
	for _, c := range []struct {
		what string
		f    wire.Open
		code wire.Code
	}{
		{"no CA", wire.Open{CA: "alice", Session: "a", Run: run1}, wire.BadRequest},
		{"no app", wire.Open{CA: "alice/home", Session: "a", Run: run1}, wire.BadRequest},
		{"another host", wire.Open{CA: home + "@example.org", Session: "a", Run: run1}, wire.BadRequest},
		{"no label", wire.Open{CA: home, Session: "A b", Run: run1}, wire.BadRequest},
		{"unknown app", wire.Open{CA: "nope:alice/home", Session: "a", Run: run1}, wire.NotFound},
		{"not allowed", wire.Open{CA: "counter:carol/home", Session: "a", Run: run1}, wire.NotAllowed},
		{"too old", wire.Open{CA: home, Session: "a", Run: run1, Stamp: now - wire.ResumeWithin - 1}, wire.SessionExpired},
	} {
		c.f.Ch = 9
		p.send(c.f)
		if f := expect(p, wire.ParseFailure); f.Ch != 9 || f.ID != 0 || f.Err.Code != c.code {
			t.Errorf("%s: %+v", c.what, f)
		}
	}
	p.openAs(wire.Open{Ch: 2, CA: home, Session: "tablet", Run: run1, Stamp: now - wire.ResumeWithin})
	p.send(wire.Open{Ch: 3, CA: home, Session: "third", Run: run1})
	if f := expect(p, wire.ParseFailure); f.Err.Code != wire.TooLarge {
		t.Errorf("third channel: %+v", f)
	}
	p.send(wire.Close{Ch: 1})
	p.openAs(wire.Open{Ch: 1, CA: home, Session: "fourth", Run: run1})
	other := st.hello("alice")
	other.send(wire.Open{Ch: 1, CA: home, Session: "fifth", Run: run1})
	if f := expect(other, wire.ParseFailure); f.Err.Code != wire.Quota {
		t.Errorf("third session: %+v", f)
	}
}

func TestRequestsOutsideOfTheWindowAndOfOpenChannels(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxInflight = 2 })
	p := st.hello("alice")
	p.send(add(1, 1, 1))
	if f := expect(p, wire.ParseFailure); f.ID != 1 || f.Err.Code != wire.BadRequest {
		t.Errorf("channel not open: %+v", f)
	}
	p.open("phone", run1)
	for id := uint64(1); id <= 3; id++ {
		p.send(wire.Request{Ch: 1, ID: id, Floor: 1, Method: "Hold"})
	}
	if f := expect(p, wire.ParseFailure); f.ID != 3 || f.Err.Code != wire.Overloaded || f.Err.RetryAfter == 0 {
		t.Errorf("third in flight: %+v", f)
	}
	st.bus.waitHeld(2)
	st.bus.release()
	expect(p, wire.ParseReply)
	expect(p, wire.ParseReply)
	p.send(add(1, 4, 1))
	expect(p, wire.ParseReply)
}

func TestTakeoverAndResume(t *testing.T) {
	st := newStand(t, nil)
	a, b := st.hello("alice"), st.hello("alice")
	now := a.open("phone", run1).Now
	b.open("phone", run2)
	if f := expect(a, wire.ParseFailure); f.ID != 0 || f.Err.Code != wire.Conflict {
		t.Errorf("the older channel heard %+v", f)
	}
	a.send(wire.Open{Ch: 2, CA: home, Session: "phone", Run: run1, Stamp: now})
	if f := expect(a, wire.ParseFailure); f.Ch != 2 || f.Err.Code != wire.Conflict {
		t.Errorf("a client that was taken over resumed: %+v", f)
	}
	c := st.hello("alice")
	if o := c.openAs(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run2, Stamp: now}); !o.Resumed {
		t.Error("the same run did not resume")
	}
	b.send(add(1, 1, 1))
	b.send(wire.Ping{T: 1})
	expect(b, wire.ParsePong) // and nothing about the channel that was replaced
	if n := st.bus.count(home); n != 0 {
		t.Errorf("a replaced channel's request ran: %d", n)
	}
}

// TestAnOpenThatIsReadLateReplacesNoNewerChannel: it lay in the socket of a connection that its client had given up. The newer channel would never hear of it.
func TestAnOpenThatIsReadLateReplacesNoNewerChannel(t *testing.T) {
	st := newStand(t, nil)
	before, now := st.hello("alice"), st.hello("alice")
	now.open("phone", run1)
	before.send(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1})
	if f := expect(before, wire.ParseFailure); f.Ch != 1 || f.ID != 0 || f.Err.Code != wire.Conflict {
		t.Errorf("the late one heard %+v", f)
	}
	now.send(add(1, 1, 5))
	now.send(wire.Ping{})
	if r := expect(now, wire.ParseReply); r.ID != 1 || result(t, r) != 5 {
		t.Errorf("got %+v", r)
	}
	now.ws.CloseNow()
	until(t, "the newer one to be gone", func() bool { return st.srv.Stats().Conns == 1 })
	if o := before.openAs(wire.Open{Ch: 2, CA: home, Session: "phone", Run: run1}); !o.Resumed {
		t.Error("nobody has it, and it was not resumed")
	}
}

// slowBus lets a request linger in the handover to the bus.
type slowBus struct {
	*fakeBus
	entered, leave chan struct{}
}

func (b *slowBus) Request(r bus.Request) {
	if r.Method == "Add" {
		b.entered <- struct{}{}
		<-b.leave
	}
	b.fakeBus.Request(r)
}

func TestOPS2_NoRequestOfAReplacedChannelComesAfterItsRepetition(t *testing.T) {
	slow := &slowBus{entered: make(chan struct{}), leave: make(chan struct{})}
	st := newStand(t, func(o *Options) {
		slow.fakeBus = o.Bus.(*fakeBus)
		o.Bus = slow
	})
	old := st.hello("alice")
	old.open("phone", run1)
	old.send(add(1, 1, 1))
	<-slow.entered // on its way to the bus, not marked as a repetition
	s := st.srv.registry.cas[home][who{"alice", "phone"}]
	before := s.ch
	resumed := st.hello("alice")
	resumed.send(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1})
	until(t, "the session changes hands", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.ch != before
	})
	slow.leave <- struct{}{}
	expect(resumed, wire.ParseOpened)
	if n := st.bus.count(home); n != 1 {
		t.Errorf("opened came before the old channel's request: %d", n)
	}
	again := add(1, 1, 1)
	again.Retry = true
	resumed.send(again)
	<-slow.entered
	slow.leave <- struct{}{}
	if r := expect(resumed, wire.ParseReply); result(t, r) != 1 {
		t.Errorf("the repetition gave %+v", r)
	}
}

func TestClosedSessionsForgetTheirNotes(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	p.send(wire.Close{Ch: 1})
	p.send(wire.Ping{})
	expect(p, wire.ParsePong)
	st.srv.Notify(homeCA, "phone", []byte{1})
	if o := p.open("phone", run1); o.Resumed {
		t.Error("a closed session was resumed")
	}
	if s := st.srv.Stats(); s.Sessions != 1 || s.Notes != 0 {
		t.Errorf("%+v", s)
	}
}
