package session

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
)

// A flood is sockets of one owner that send as fast as they are read, frames that take their time to be handled. The clock moves by that time, and else stands.
type flood struct {
	t    *testing.T
	s    *Server
	web  *httptest.Server
	time *clock.Fake
	ends sync.WaitGroup

	mu    sync.Mutex
	taken map[*Conn]int
}

const (
	floodKind    = wire.FirstFeature + 7
	floodSockets = 16
	floodCost    = 5 * time.Microsecond // of a frame
)

func startFlood(t *testing.T) *flood {
	f := &flood{t: t, taken: map[*Conn]int{}}
	f.s, f.web = socketServer(t, false)
	f.time = f.s.opt.Clock.(*clock.Fake)
	f.s.pace.procs = 2
	f.s.RegisterKind(floodKind, func(c *Conn, _ []byte) error {
		f.time.Advance(floodCost)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.taken[c]++
		return nil
	})
	frame := cbor.AppendBytes(cbor.AppendUint(cbor.AppendArrayHeader(nil, 2), floodKind), make([]byte, 100))
	frames := bytes.Repeat(masked(opBinary, frame, 0x01020304), 500)
	t.Cleanup(f.ends.Wait)
	for range floodSockets {
		b := helloBare(t, f.web)
		f.ends.Go(func() {
			for {
				if _, err := b.Write(frames); err != nil {
					return
				}
			}
		})
		t.Cleanup(func() { b.Close() })
	}
	return f
}

func (f *flood) share() *share {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	return &f.s.owners["alice"].share
}

// stands tells whether all readers wait.
func (f *flood) stands() bool { return waiters(f.share()) == floodSockets }

func (f *flood) frames() (all, least, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	least = 1 << 30
	for _, n := range f.taken {
		all, least, most = all+n, min(least, n), max(most, n)
	}
	return all, least, most
}

func TestCA9_AFloodOfOneOwnerIsNotReadWhileOthersAre(t *testing.T) {
	f := startFlood(t)
	until(t, "the flood waits", f.stands)
	before, _, _ := f.frames()
	bob := dialBare(t, f.web)
	bob.write(sent(wire.Hello{Version: 1, Token: "bob"})...)
	bob.expect(opBinary, wire.KindWelcome)
	for range 1000 {
		bob.write(sent(wire.Ping{})...)
		bob.expect(opBinary, wire.KindPong)
	}
	if after, _, _ := f.frames(); after != before {
		t.Errorf("%d frames of the flood were taken", after-before)
	}
}

func TestCA9_AFloodIsReadAQuarterOfTheTimeEachSocketInTurn(t *testing.T) {
	f := startFlood(t)
	until(t, "the flood waits", f.stands)
	before, _, _ := f.frames()
	began := f.time.Now()
	for f.time.Now().Sub(began) < time.Second {
		f.time.Advance(time.Millisecond / 4)
		until(t, "the flood waits again", f.stands)
	}
	elapsed := f.time.Now().Sub(began)
	after, least, most := f.frames()
	used, part := time.Duration(after-before)*floodCost, elapsed*2/readersPart
	if used > part+2*mostSlice || used < part*3/4 {
		t.Errorf("of %v, %v were used; it may use %v", elapsed, used, part)
	}
	if least*2 < most {
		t.Errorf("one socket got %d frames through, another %d", least, most)
	}
}

func TestCA9_WhoUsesLessThanItsPartNeverWaits(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_790_000_000, 0))
	for _, procs := range []int{1, 2, 64} {
		s := share{pace: newPace(fake, procs)}
		fake.Advance(time.Second)
		for range 10_000 { // a fifth of the time
			from := fake.Now()
			fake.Advance(20 * time.Microsecond)
			s.charge(from, fake.Now(), 0)
			if d := s.debt(fake.Now()); d > 0 {
				t.Fatal(procs, d)
			}
			fake.Advance(80 * time.Microsecond)
		}
		for range readersSave / mostSlice / readersPart { // the machine stands still while it reads
			from := fake.Now()
			fake.Advance(time.Second)
			s.charge(from, from.Add(time.Second), 0)
			if d := s.debt(fake.Now()); d > 0 {
				t.Fatal(procs, d)
			}
		}
	}
}

// TestCA9_WhoHasManyUnansweredRequestsIsReadMoreSlowly: that is what fills the queues behind the readers.
func TestCA9_WhoHasManyUnansweredRequestsIsReadMoreSlowly(t *testing.T) {
	s, web := socketServer(t, false)
	s.pace.procs = 2
	bus := s.opt.Bus.(*fakeBus)
	b := helloBare(t, web)
	share := alone(t, s).share
	const many, channels = 2 * fairFlight, 8
	for ch := range uint32(channels) {
		b.write(sent(wire.Open{Ch: ch, CA: home, Session: fmt.Sprint("s", ch), Run: run1})...)
		b.expect(opBinary, wire.KindOpened)
	}
	id := uint64(0)
	ask := func(n int) {
		for range n {
			id++
			b.write(sent(wire.Request{Ch: uint32(id % channels), ID: id, Floor: 1, Method: "Hold"})...)
		}
	}
	answer := func(n int) {
		bus.release()
		for range n {
			b.expect(opBinary, wire.KindReply)
		}
	}
	costs := func(held int, debt time.Duration) {
		t.Helper()
		bus.waitHeld(held)
		until(t, fmt.Sprint("a debt of ", debt), func() bool { return share.debt(s.opt.Clock.Now()) == debt }) // the clock stands: a read takes no time
	}
	const each, beyond = crowdCost * readersPart / 2, 100
	ask(many)
	costs(many, -readersSave)
	ask(beyond)
	costs(many+beyond, beyond*each-readersSave)
	answer(many + beyond)
	ask(many)
	costs(many, beyond*each-readersSave)
	const left = int(readersSave/each) - beyond // of what is saved up
	ask(left + 1)
	costs(many+left+1, each)
	b.write(sent(wire.Ping{})...)
	until(t, "the reader waits", func() bool { return waiters(share) == 1 })
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	b.expect(opBinary, wire.KindPong)
	answer(many + left + 1)
}

// TestCA9_AFloodOfStrangersHoldsUpNoHello: nor does it get far itself.
func TestCA9_AFloodOfStrangersHoldsUpNoHello(t *testing.T) {
	s, web := socketServer(t, false)
	stranger := dialBare(t, web)
	stranger.write(masked(opPing, []byte("1"), 1)...)
	stranger.expect(opPong, 0)
	owe(&s.strangers)
	stranger.write(masked(opPing, []byte("2"), 1)...)
	until(t, "the stranger waits", func() bool { return waiters(&s.strangers) == 1 })
	for range 3 {
		b := helloBare(t, web)
		b.write(sent(wire.Ping{})...)
		b.expect(opBinary, wire.KindPong)
	}
	s.opt.Clock.(*clock.Fake).Advance(time.Second)
	if got := stranger.expect(opPong, 0); string(got) != "2" {
		t.Errorf("pong %q", got)
	}
}

// TestWhoWaitsForATurnIsReadWhenItComes: to the end, too.
func TestWhoWaitsForATurnIsReadWhenItComes(t *testing.T) {
	s, web := socketServer(t, false)
	b := helloBare(t, web)
	c := alone(t, s)
	for _, says := range [][]byte{sent(wire.Ping{T: 1}), sent(wire.Ping{T: 2}), masked(opClose, nil, 1)} {
		owe(c.share)
		b.write(says...)
		until(t, "the reader waits", func() bool { return waiters(c.share) == 1 })
		s.opt.Clock.(*clock.Fake).Advance(time.Second)
		if says[0]&0xf == opClose&0xf {
			b.expect(opClose, 0)
		} else {
			b.expect(opBinary, wire.KindPong)
		}
	}
	b.expectEnd()
	gone(t, s)
}

// owe has a share use more than it has.
func owe(s *share) {
	now := s.clock.Now()
	for s.debt(now) <= 0 {
		s.charge(now.Add(-mostSlice), now, 0)
	}
}

func waiters(s *share) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns.len() + s.calls.len()
}

// TestCA9_TurnsOverTLS: it is read by waiting, so a turn is ended before it reads.
func TestCA9_TurnsOverTLS(t *testing.T) {
	s, web := socketServer(t, true)
	p := dialPeer(t, web.URL, web.Client(), nil)
	p.hello("alice")
	c := alone(t, s)
	for range 3 {
		owe(c.share)
		p.send(wire.Ping{}) // which it may have read before it waits
		until(t, "the reader waits", func() bool { return waiters(c.share) == 1 })
		s.opt.Clock.(*clock.Fake).Advance(time.Second)
		expect(p, wire.ParsePong)
	}
}

func TestAClockThatIsPutBackHoldsNobodyUp(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_790_000_000, 0))
	s := share{pace: newPace(fake, 1)}
	fake.Advance(time.Hour)
	s.charge(fake.Now().Add(-mostSlice), fake.Now(), 0)
	fake.Advance(-30 * time.Minute)
	if d := s.debt(fake.Now()); d > 0 {
		t.Error(d)
	}
	owe(&s)
}

// TestCA9_WhoComesBackOwesWhatItOwed: else closing a connection would pay for a flood.
func TestCA9_WhoComesBackOwesWhatItOwed(t *testing.T) {
	s, web := socketServer(t, false)
	bus, fake := s.opt.Bus.(*fakeBus), s.opt.Clock.(*clock.Fake)
	b := helloBare(t, web)
	share := alone(t, s).share
	b.write(sent(wire.Open{Ch: 1, CA: home, Session: "s", Run: run1})...)
	b.expect(opBinary, wire.KindOpened)
	b.write(sent(wire.Request{Ch: 1, ID: 1, Floor: 1, Method: "Hold"})...)
	bus.waitHeld(1)
	b.Close()
	gone(t, s)
	fake.Advance(time.Minute) // its request is still under way
	comesBack := func() bool {
		b := helloBare(t, web)
		same := alone(t, s).share == share
		b.Close()
		fake.Advance(time.Second)
		gone(t, s)
		return same
	}
	if !comesBack() {
		t.Error("its request is forgotten")
	}
	bus.release()
	b = helloBare(t, web)
	owe(share)
	b.Close()
	until(t, "its end waits for a turn", func() bool { return waiters(share) == 1 })
	fake.Advance(share.debt(fake.Now())) // which leaves nothing saved up
	gone(t, s)
	if !comesBack() {
		t.Error("its debt is forgotten")
	}
	fake.Advance(sweepEvery)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.owners) != 0 || len(s.leaving) != 0 {
		t.Error("an owner who owes nothing is kept")
	}
}

// TestCA9_CallsWaitForFewConnections: an owner's page goes on while hundreds of connections of hers wait for a long turn each.
func TestCA9_CallsWaitForFewConnections(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_790_000_000, 0))
	s := share{pace: newPace(fake, 1)}
	owe(&s)
	const each = 2*callsFirst + 1
	var conns, calls []turnChan
	for range each {
		conns, calls = append(conns, make(turnChan)), append(calls, make(turnChan))
		s.join(&s.conns, conns[len(conns)-1])
		s.join(&s.calls, calls[len(calls)-1])
	}
	order := ""
	for range 2 * each {
		fake.Advance(s.debt(fake.Now()))
		select {
		case <-calls[0]:
			order, calls = order+".", append(calls[1:], nil)
		case <-conns[0]:
			order, conns = order+"C", append(conns[1:], nil)
		default:
			t.Fatal("nobody's turn after", order)
		}
		owe(&s)
		s.pass()
	}
	if want := "........C........C." + strings.Repeat("C", each-2); order != want {
		t.Errorf("turns went round as %s, not as %s", order, want)
	}
}

// TestCA9_WhoWaitsForATurnIsNotTakenForDead: in a long line, what it has sent is heard late.
func TestCA9_WhoWaitsForATurnIsNotTakenForDead(t *testing.T) {
	s, web := socketServer(t, false)
	fake := s.opt.Clock.(*clock.Fake)
	b := helloBare(t, web)
	share := alone(t, s).share
	owe(share)
	turn := make(turnChan)
	share.join(&share.conns, turn)
	b.write(sent(wire.Ping{})...)
	until(t, "the reader waits, too", func() bool { return waiters(share) == 2 })
	fake.Advance(s.opt.DeadAfter)
	<-turn
	fake.Advance(s.opt.DeadAfter)
	share.pass()
	b.expect(opBinary, wire.KindPong)
	fake.Advance(sweepEvery)
	b.write(sent(wire.Ping{})...)
	b.expect(opBinary, wire.KindPong)
	fake.Advance(s.opt.DeadAfter)
	b.expect(opBinary, wire.KindBye)
}

// TestCA9_OpensCountAsRequests: a client may open and close as fast as it asks.
func TestCA9_OpensCountAsRequests(t *testing.T) {
	s, web := socketServer(t, false)
	s.pace.procs = 1
	bus := s.opt.Bus.(*fakeBus)
	bus.mu.Lock() // who asks the bus waits
	bus.async = true
	b := helloBare(t, web)
	share := alone(t, s).share
	const beyond = 50
	for range fairFlight + beyond {
		b.write(sent(wire.Open{Ch: 1, CA: home, Session: "s", Run: run1})...)
		b.write(sent(wire.Close{Ch: 1})...)
	}
	const debt = beyond*crowdCost*readersPart - readersSave
	until(t, "the opens cost", func() bool { return share.debt(s.opt.Clock.Now()) == debt })
	bus.mu.Unlock()
	bus.wg.Wait()
	if n := share.flying.Load(); n != 0 {
		t.Errorf("%d requests are counted", n)
	}
}

// TestCA9_NoDebtIsTooLargeToCount: the readers of a thousand connections may be past their wait at once, each with another idea of what time it is.
func TestCA9_NoDebtIsTooLargeToCount(t *testing.T) {
	fake := clock.NewFake(time.Unix(1_790_000_000, 0))
	s := share{pace: newPace(fake, 1)}
	for range 1000 {
		s.charge(fake.Now(), fake.Now(), 800*crowdCost)
		if d := s.debt(fake.Now().Add(-time.Millisecond)); d <= 0 {
			t.Fatal("it was forgiven:", d)
		}
	}
}
