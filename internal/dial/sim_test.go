package dial_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/wire"
)

// A world is a server with members of a room, a connection that may be cut at any frame, and one client with several calls. What each end hears is
// held against what the other has said.
type world struct {
	t   fataler
	rnd *rand.Rand
	now int64

	members []*member // those that the server still has
	seats   []*seat   // of the connection
	ids     int

	up, down [][]byte
	online   bool
	quiet    bool // nothing is refused or forgotten any more

	client *dial.Calls
	calls  map[uint32]*stay
	opened uint32
	events map[string]int
}

type fataler interface{ Fatalf(string, ...any) }

// member is one of the room, for as long as the server has it.
type member struct {
	name           string
	secret, before string // the latest, and the one before
	hello          uint64
}

// seat is an opened call as the server sees it.
type seat struct {
	*member
	call        uint32
	said, heard uint64
}

// stay is a call as its user sees it.
type stay struct {
	state       dial.State
	member      string
	hello       uint64
	said, heard uint64 // since it was opened
}

func newWorld(t fataler, seed uint64) *world {
	return &world{
		t: t, rnd: rand.New(rand.NewPCG(seed, 69)), now: 1_000_000, client: dial.New(seed), calls: map[uint32]*stay{}, events: map[string]int{},
	}
}

// step does one thing at random.
func (w *world) step() {
	w.now += int64(w.rnd.ExpFloat64() * 50_000)
	switch k := w.rnd.IntN(100); {
	case k < 3:
		w.enter()
	case k < 4:
		w.leave()
	case k < 7 && w.online:
		w.cut()
	case k < 20 && !w.online:
		w.connect()
	case k < 22:
		w.greet()
	case k < 40:
		w.say()
	case k < 55:
		w.speak()
	case k < 57:
		w.forget()
	case k < 60:
		w.putOff()
	case k < 64:
		w.client.Tick(w.now)
		w.drain()
	case k < 82:
		w.serve()
	default:
		w.deliver()
	}
}

// some is a call of the client, perhaps one that has ended.
func (w *world) some() (number uint32, s *stay) {
	if w.opened == 0 {
		return 0, nil
	}
	number = 1 + w.rnd.Uint32N(w.opened)
	return number, w.calls[number]
}

func (w *world) enter() {
	open := 0
	for _, s := range w.calls {
		if s.state != dial.Ended {
			open++
		}
	}
	if open == wire.MaxCalls {
		return
	}
	hello := w.rnd.Uint64N(1000)
	w.opened = w.client.Open(w.now, room, cbor.AppendUint(nil, hello))
	w.calls[w.opened] = &stay{hello: hello}
	w.drain()
}

func (w *world) leave() {
	if number, s := w.some(); s != nil {
		w.client.Close(number)
		s.state = dial.Ended
		w.drain()
	}
}

func (w *world) greet() {
	if number, s := w.some(); s != nil && s.state != dial.Ended {
		s.hello = w.rnd.Uint64N(1000)
		w.client.Hello(number, cbor.AppendUint(nil, s.hello))
	}
}

// say has the client say the next number in a call.
func (w *world) say() {
	number, s := w.some()
	if s == nil {
		return
	}
	said := w.client.Say(number, cbor.AppendUint(nil, s.said))
	if said != (s.state == dial.Live) {
		w.t.Fatalf("call %d is %v, and said %v", number, s.state, said)
	}
	if said {
		s.said++
		w.events["said"]++
	}
	w.drain()
}

// speak has the server say the next number in a call.
func (w *world) speak() {
	if s := w.someSeat(); s != nil {
		w.send(wire.CallSignal{Call: s.call, Payload: cbor.AppendUint(nil, s.said)})
		s.said++
	}
}

func (w *world) someSeat() *seat {
	if len(w.seats) == 0 {
		return nil
	}
	return w.seats[w.rnd.IntN(len(w.seats))]
}

// forget takes a member away, as a restart or the end of its grace does.
func (w *world) forget() {
	if n := len(w.members); n > 0 {
		i := w.rnd.IntN(n)
		w.members = append(w.members[:i], w.members[i+1:]...)
		w.events["forgotten"]++
	}
}

// putOff ends a call for the time being.
func (w *world) putOff() {
	if s := w.someSeat(); s != nil {
		w.clear(s.call)
		w.send(wire.CallEnd{Call: s.call, Err: *wire.Retry(wire.Unavailable, "Not now.", 100)})
		w.events["put off"]++
	}
}

func (w *world) seat(call uint32) *seat {
	for _, s := range w.seats {
		if s.call == call {
			return s
		}
	}
	return nil
}

func (w *world) clear(call uint32) {
	w.seats = slices.DeleteFunc(w.seats, func(s *seat) bool { return s.call == call })
}

func (w *world) send(f interface{ Append([]byte) []byte }) { w.down = append(w.down, f.Append(nil)) }

func (w *world) cut() {
	w.online, w.up, w.down, w.seats = false, nil, nil, nil
	w.client.Disconnected(w.now)
	w.drain()
}

func (w *world) connect() {
	w.online = true
	w.client.Connected(w.now)
	w.drain()
}

// serve handles a frame of the client.
func (w *world) serve() {
	if len(w.up) == 0 {
		return
	}
	frame := w.up[0]
	w.up = w.up[1:]
	switch wire.Kind(frame) {
	case wire.KindCallOpen:
		f, err := wire.ParseCallOpen(frame)
		if err != nil || w.seat(f.Call) != nil || f.Room != room {
			w.t.Fatalf("%+v, %v", f, err)
		}
		w.open(f)
	case wire.KindCallSend:
		f, err := wire.ParseCallSend(frame)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		if s := w.seat(f.Call); s != nil { // else it has crossed an end
			w.hear(s, f.Payload)
		}
	default:
		f, err := wire.ParseCallClose(frame)
		if err != nil {
			w.t.Fatalf("%v", err)
		}
		w.clear(f.Call)
	}
}

func (w *world) open(f wire.CallOpen) {
	if len(w.seats) == wire.MaxCalls {
		w.t.Fatalf("too many calls are open")
	}
	if !w.quiet && w.rnd.IntN(8) == 0 {
		code := []wire.Code{wire.Overloaded, wire.Quota, wire.NotAllowed}[w.rnd.IntN(12)/5]
		w.send(wire.CallEnd{Call: f.Call, Err: *wire.Retry(code, "Not now.", 100)})
		w.events["refused"]++
		return
	}
	r := cbor.NewReader(f.Payload)
	m := w.find(f)
	back := wire.CallOpened{Call: f.Call, Resumed: m != nil, Payload: f.Payload}
	if m == nil {
		w.ids++
		m = &member{name: fmt.Sprintf("member-%d", w.ids)}
		w.members = append(w.members, m)
	}
	m.hello = r.Uint()
	if m.secret == "" || w.rnd.IntN(2) == 0 {
		w.ids++
		m.before, m.secret = m.secret, fmt.Sprintf("secret-%d", w.ids)
	}
	w.seats = append(w.seats, &seat{member: m, call: f.Call})
	back.Member, back.Secret = m.name, m.secret
	w.send(back)
}

// find is the member that comes back. It may not have heard of its latest secret.
func (w *world) find(f wire.CallOpen) *member {
	for _, m := range w.members {
		if f.Secret != "" && (m.secret == f.Secret || m.before == f.Secret) {
			if m.name != f.Member {
				w.t.Fatalf("%s comes as %+v", m.name, f)
			}
			return m
		}
	}
	return nil
}

// hear holds what a client says to: each once, in order.
func (w *world) hear(s *seat, payload []byte) {
	r := cbor.NewReader(payload)
	if n := r.Uint(); n != s.heard {
		w.t.Fatalf("%s said %d, not %d", s.name, n, s.heard)
	}
	s.heard++
}

// deliver hands the client a frame.
func (w *world) deliver() {
	if len(w.down) == 0 {
		return
	}
	frame := w.down[0]
	w.down = w.down[1:]
	if err := w.client.Received(w.now, frame); err != nil {
		w.t.Fatalf("%x: %v", frame, err)
	}
	w.drain()
	clear(frame) // whoever kept a part of it is found out
}

func (w *world) drain() {
	for e, ok := w.client.Next(); ok; e, ok = w.client.Next() {
		if e.Kind == dial.Send {
			if !w.online {
				w.t.Fatalf("sent without a connection: %s", short(e))
			}
			w.up = append(w.up, e.Data)
			continue
		}
		s := w.calls[e.Call]
		if s == nil || s.state == dial.Ended {
			w.t.Fatalf("nobody wants to hear %s", short(e))
		}
		w.tell(s, e)
	}
}

// tell holds what a call hears to what the server says in that opening.
func (w *world) tell(s *stay, e dial.Event) {
	r := cbor.NewReader(e.Data)
	switch e.Kind {
	case dial.Opened:
		if e.Resumed != (e.Member == s.member) {
			w.t.Fatalf("%s was %s", short(e), s.member)
		}
		s.state, s.member, s.said, s.heard = dial.Live, e.Member, 0, 0
		w.events[fmt.Sprint("resumed ", e.Resumed)]++
	case dial.Signal:
		if n := r.Uint(); n != s.heard || s.state != dial.Live {
			w.t.Fatalf("%v call %d heard %d, not %d", s.state, e.Call, n, s.heard)
		}
		s.heard++
		w.events["heard"]++
	case dial.Turned:
		if s.state == dial.Ended || e.State == dial.Live || (e.State == dial.Opening) != (s.state == dial.Opening) && e.State != dial.Ended {
			w.t.Fatalf("from %v: %s", s.state, short(e))
		}
		s.state = e.State
		w.events[e.State.String()]++
	}
}

// settle lets every call get through.
func (w *world) settle() {
	w.quiet = true
	if w.online {
		w.cut()
	}
	w.connect()
	for range 600 {
		w.now += 200_000
		w.client.Tick(w.now)
		w.drain()
		w.serve()
		w.deliver()
	}
	for number, s := range w.calls {
		if s.state != dial.Live && s.state != dial.Ended {
			w.t.Fatalf("call %d is %v in the end", number, s.state)
		}
		if s.state == dial.Live && !w.knows(s) {
			w.t.Fatalf("call %d, %s with hello %d, is not what the server has: %+v", number, s.member, s.hello, w.seats)
		}
	}
}

// knows tells whether the server has a call as its user sees it.
func (w *world) knows(s *stay) bool {
	for _, at := range w.seats {
		if at.name == s.member && at.hello == s.hello {
			return true
		}
	}
	return false
}

func TestCALL1_CallsComeBackWhateverIsCut(t *testing.T) {
	total := map[string]int{}
	for seed := range uint64(80) {
		w := newWorld(t, seed)
		for range 2000 {
			w.step()
		}
		w.settle()
		for what, n := range w.events {
			total[what] += n
		}
	}
	t.Log(total)
	for _, what := range []string{"said", "heard", "opening", "stale", "ended", "refused", "put off", "forgotten", "resumed true", "resumed false"} {
		if total[what] < 50 {
			t.Errorf("%s came about %d times", what, total[what])
		}
	}
}

func TestCALL1_CallsRandomly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Uint64().Draw(t, "seed"))
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			w.step()
		}
		w.settle()
	})
}
