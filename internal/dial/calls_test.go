package dial_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/wire"
)

const (
	room   = "app:alice/home/room"
	bob    = "bob-12345"
	carol  = "carol-123"
	secret = "psst"
)

// script drives a machine by hand.
type script struct {
	t   *testing.T
	m   *dial.Calls
	now int64
}

func play(t *testing.T) *script {
	s := &script{t: t, m: dial.New(1), now: 1_000_000}
	s.m.Connected(s.now)
	return s
}

// told is everything that was told, in short, and nothing else.
func (s *script) told(want ...string) {
	s.t.Helper()
	got := []string{}
	for e, ok := s.m.Next(); ok; e, ok = s.m.Next() {
		got = append(got, short(e))
	}
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		s.t.Fatalf("told\n%q, not\n%q", got, want)
	}
}

func short(e dial.Event) string {
	switch e.Kind {
	case dial.Send:
		return sent(e.Data)
	case dial.Opened:
		return fmt.Sprintf("%d opened as %s, resumed %v: %x", e.Call, e.Member, e.Resumed, e.Data)
	case dial.Signal:
		return fmt.Sprintf("%d heard %x", e.Call, e.Data)
	}
	if e.Err != nil {
		return fmt.Sprint(e.Call, " ", e.State, " ", e.Err.Code)
	}
	return fmt.Sprint(e.Call, " ", e.State)
}

func sent(frame []byte) string {
	if f, err := wire.ParseCallOpen(frame); err == nil {
		return fmt.Sprintf("open %d as %q %q: %x", f.Call, f.Member, f.Secret, f.Payload)
	}
	if f, err := wire.ParseCallSend(frame); err == nil {
		return fmt.Sprintf("say %d %x", f.Call, f.Payload)
	}
	f, err := wire.ParseCallClose(frame)
	return fmt.Sprint("close ", f.Call, err)
}

func (s *script) receive(f interface{ Append([]byte) []byte }) {
	s.t.Helper()
	if err := s.m.Received(s.now, f.Append(nil)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) say(call uint32, b byte, want bool) {
	s.t.Helper()
	if s.m.Say(call, []byte{b}) != want {
		s.t.Fatalf("it was said: %v", !want)
	}
}

// enter opens a call that the server lets in as bob.
func (s *script) enter() (call uint32) {
	s.t.Helper()
	call = s.m.Open(s.now, room, []byte{1})
	s.receive(wire.CallOpened{Call: 1, Member: bob, Secret: secret, Payload: []byte{2}})
	s.told(`open 1 as "" "": 01`, "1 opened as bob-12345, resumed false: 02")
	return call
}

func TestCALL1_ACallComesBackAsTheMemberThatItWas(t *testing.T) {
	s := play(t)
	call := s.m.Open(s.now, room, []byte{1})
	s.say(call, 9, false) // not live yet
	s.receive(wire.CallOpened{Call: 1, Member: bob, Secret: secret, Payload: []byte{2}})
	s.say(call, 3, true)
	s.receive(wire.CallSignal{Call: 1, Payload: []byte{4}})
	s.told(`open 1 as "" "": 01`, "1 opened as bob-12345, resumed false: 02", "say 1 03", "1 heard 04")
	s.m.Hello(call, []byte{5})
	s.m.Disconnected(s.now)
	s.say(call, 9, false)
	s.receive(wire.CallSignal{Call: 1, Payload: []byte{9}}) // from the grave
	s.told("1 stale")
	s.m.Connected(s.now)
	s.receive(wire.CallSignal{Call: 1, Payload: []byte{9}}) // nobody's
	s.say(call, 9, false)
	s.told(`open 2 as "bob-12345" "psst": 05`)
	s.receive(wire.CallOpened{Call: 2, Resumed: true, Member: bob, Secret: "new", Payload: []byte{6}})
	s.told("1 opened as bob-12345, resumed true: 06")
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.receive(wire.CallOpened{Call: 3, Member: carol, Secret: "other"}) // the server forgot
	s.told("1 stale", `open 3 as "bob-12345" "new": 05`, "1 opened as carol-123, resumed false: f6")
	s.m.Close(call)
	s.receive(wire.CallSignal{Call: 3, Payload: []byte{9}})
	s.receive(wire.CallEnd{Call: 3, Err: *wire.Err(wire.Conflict, "Elsewhere.")})
	s.say(call, 9, false)
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.told("close 3 <nil>")
}

func TestCallsOfOneRoomAreMembersOfTheirOwn(t *testing.T) {
	s := play(t)
	a, b := s.m.Open(s.now, room, nil), s.m.Open(s.now, room, nil)
	s.receive(wire.CallOpened{Call: 2, Member: carol, Secret: secret})
	s.receive(wire.CallOpened{Call: 1, Member: bob, Secret: secret})
	s.receive(wire.CallSignal{Call: 1, Payload: []byte{7}})
	s.say(a, 1, true)
	s.say(b, 2, true)
	s.told(`open 1 as "" "": f6`, `open 2 as "" "": f6`, "2 opened as carol-123, resumed false: f6", "1 opened as bob-12345, resumed false: f6", "1 heard 07", "say 1 01", "say 2 02")
	s.m.Close(a)
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.told("close 1 <nil>", "2 stale", `open 3 as "carol-123" "psst": f6`)
}

func TestACallThatIsOpenedWithoutAConnectionWaitsForOne(t *testing.T) {
	m := dial.New(1)
	s := &script{t: t, m: m, now: 1}
	call := m.Open(s.now, room, []byte{1})
	m.Disconnected(s.now)
	s.say(call, 9, false)
	s.told()
	m.Close(m.Open(s.now, room, nil))
	m.Connected(s.now)
	s.told(`open 1 as "" "": 01`)
}

func TestRefusals(t *testing.T) {
	for _, code := range []wire.Code{wire.Unavailable, wire.Overloaded, wire.Quota} {
		s := play(t)
		s.m.Open(s.now, room, []byte{1})
		for n := range uint32(5) {
			s.told(fmt.Sprintf(`open %d as "" "": 01`, n+1))
			s.receive(wire.CallEnd{Call: n + 1, Err: *wire.Retry(code, "Later.", 700)})
			s.told(fmt.Sprintf("1 opening %s", code))
			if wait := s.m.Wake() - s.now; wait < max(700_000, int64(500_000)<<n) || wait > max(1_050_000, int64(750_000)<<n) {
				t.Errorf("%s: %d µs after refusal %d", code, wait, n)
			}
			s.m.Tick(s.m.Wake() - 1)
			s.told()
			s.now = s.m.Wake()
			s.m.Tick(s.now)
		}
	}
}

func TestALiveCallThatIsPutOffKeepsItsMember(t *testing.T) {
	s := play(t)
	s.enter()
	s.receive(wire.CallEnd{Call: 1, Err: *wire.Retry(wire.Unavailable, "Restarting.", 100)})
	s.receive(wire.CallSignal{Call: 1, Payload: []byte{9}})
	s.told("1 stale unavailable")
	s.now = s.m.Wake()
	s.m.Tick(s.now)
	s.m.Tick(s.now + 5_000_000) // once
	s.told(`open 2 as "bob-12345" "psst": 01`)
}

func TestFinalRefusalsEndACall(t *testing.T) {
	for _, code := range []wire.Code{wire.NotAllowed, wire.NotFound, wire.Conflict, wire.BadRequest, "unheard"} {
		s := play(t)
		call := s.enter()
		s.receive(wire.CallEnd{Call: 1, Err: *wire.Err(code, "No.")})
		s.told("1 ended " + string(code))
		s.say(call, 9, false)
		s.m.Hello(call, []byte{1})
		s.m.Close(call)
		s.m.Disconnected(s.now)
		s.m.Connected(s.now)
		s.told()
		if s.m.Open(s.now, room, nil) == call {
			t.Error("a number came again")
		}
	}
}

func TestOPS1_WhatCantBeAPayloadIsNotSent(t *testing.T) {
	s := play(t)
	call := s.enter()
	for name, payload := range map[string][]byte{
		"nothing":        nil,
		"too much":       cbor.AppendBytes(nil, make([]byte, wire.MaxSignal)),
		"two items":      {1, 1},
		"truncated":      {0x61},
		"keys unordered": {0xa2, 2, 0, 1, 0},
	} {
		if s.m.Say(call, payload) {
			t.Errorf("%s: it was said", name)
		}
		s.m.Hello(call, payload)
	}
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.told("1 stale", `open 2 as "bob-12345" "psst": 01`)
}

func TestAHelloIsKeptAsItWas(t *testing.T) {
	m := dial.New(1)
	s := &script{t: t, m: m, now: 1}
	hello := []byte{1}
	m.Open(s.now, room, hello)
	hello[0] = 0xff
	m.Connected(s.now)
	s.told(`open 1 as "" "": 01`)
}

func TestMalformedFramesAreErrorsAndTellNothing(t *testing.T) {
	bad := map[string][]byte{
		"opened as nobody":    wire.CallOpened{Call: 1, Secret: secret}.Append(nil),
		"opened truncated":    wire.CallOpened{Call: 1, Member: bob, Secret: secret}.Append(nil)[:8],
		"opened twice":        wire.CallOpened{Call: 1, Resumed: true, Member: bob, Secret: secret}.Append(nil),
		"end of nothing":      wire.CallEnd{Err: *wire.Err(wire.Quota, "")}.Append(nil),
		"signal of nothing":   wire.CallSignal{}.Append(nil),
		"signal of two items": wire.CallSignal{Call: 1, Payload: []byte{1, 1}}.Append(nil),
		"signal too early":    wire.CallSignal{Call: 2}.Append(nil),
		"resumed from none":   wire.CallOpened{Call: 2, Resumed: true, Member: bob, Secret: secret}.Append(nil),
	}
	for name, frame := range bad {
		s := play(t)
		s.enter()
		s.m.Open(s.now, room, nil)
		s.told(`open 2 as "" "": f6`)
		err := s.m.Received(s.now, frame)
		if coded := (*wire.Error)(nil); !errors.As(err, &coded) || coded.Code != wire.BadRequest {
			t.Errorf("%s: %v", name, err)
		}
		s.told()
	}
}

func TestACallIsNotResumedAsAnother(t *testing.T) {
	s := play(t)
	s.enter()
	s.m.Disconnected(s.now)
	s.m.Connected(s.now)
	s.told("1 stale", `open 2 as "bob-12345" "psst": 01`)
	if s.m.Received(s.now, wire.CallOpened{Call: 2, Resumed: true, Member: carol, Secret: secret}.Append(nil)) == nil {
		t.Error("it was taken")
	}
	s.receive(wire.CallOpened{Call: 2, Member: bob, Secret: secret}) // the old name, for a member of whom nothing is left
	s.told("1 opened as bob-12345, resumed false: f6")
}

func TestStatesHaveNames(t *testing.T) {
	if got := fmt.Sprint(dial.Opening, dial.Live, dial.Stale, dial.Ended); got != "opening live stale ended" {
		t.Error(got)
	}
}

// FuzzHostileServer holds the machine to its promises whatever a server says.
func FuzzHostileServer(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, []byte{})
	}
	f.Add(uint64(1), wire.CallOpened{Call: 1, Resumed: true, Member: bob, Secret: secret}.Append(nil))
	f.Fuzz(func(t *testing.T, seed uint64, extra []byte) {
		h := &hostile{t: t, rnd: rand.New(rand.NewPCG(seed, 88)), m: dial.New(seed), extra: extra, states: map[uint32]dial.State{}}
		for range 300 {
			h.step()
		}
	})
}

type hostile struct {
	t     *testing.T
	rnd   *rand.Rand
	m     *dial.Calls
	now   int64
	extra []byte

	last, asked uint32
	states      map[uint32]dial.State
}

func (h *hostile) n(most uint32) uint32 { return h.rnd.Uint32N(most + 1) }

func (h *hostile) step() {
	h.now += int64(h.n(400_000))
	n := h.asked - h.n(2)
	switch h.n(14) {
	case 0:
		h.m.Connected(h.now)
	case 1:
		h.m.Disconnected(h.now)
	case 2:
		h.last = h.m.Open(h.now, room, h.extra)
		h.states[h.last] = dial.Opening
	case 3:
		h.m.Tick(h.m.Wake())
	case 4:
		h.m.Hello(h.last-h.n(1), h.extra)
		h.say(h.last - h.n(3))
	case 5:
		if h.n(9) == 0 {
			h.m.Close(h.last)
			h.states[h.last] = dial.Ended
		}
	case 6, 7:
		h.receive(wire.CallEnd{Call: n, Err: wire.Error{Code: []wire.Code{wire.Quota, wire.NotAllowed}[h.n(9)/9], RetryAfter: int64(h.n(9)) - 1}}.Append(nil))
	case 8, 9, 10:
		h.receive(wire.CallOpened{Call: n, Resumed: h.n(3) == 0, Member: []string{bob, carol}[h.n(1)], Secret: secret}.Append(nil))
	case 11:
		h.receive(h.extra)
	default:
		h.receive(wire.CallSignal{Call: n, Payload: []byte{byte(h.n(5))}}.Append(nil))
	}
	h.drain()
}

func (h *hostile) say(call uint32) {
	h.drain()
	if h.m.Say(call, []byte{1}) != (h.states[call] == dial.Live) {
		h.t.Fatalf("call %d is %v, and it was said otherwise", call, h.states[call])
	}
}

func (h *hostile) receive(frame []byte) {
	h.drain()
	err := h.m.Received(h.now, frame)
	if asks := h.drain(); asks > 0 {
		h.t.Fatalf("%x was answered with %d askings", frame, asks)
	}
	if err != nil {
		h.m.Disconnected(h.now)
		h.m.Connected(h.now)
	}
}

// drain holds what is told to the order of states.
func (h *hostile) drain() (asks int) {
	for e, ok := h.m.Next(); ok; e, ok = h.m.Next() {
		was := h.states[e.Call]
		switch {
		case e.Kind == dial.Send:
			if f, err := wire.ParseCallOpen(e.Data); err == nil {
				h.asked = f.Call
				asks++
			}
		case was == dial.Ended:
			h.t.Fatalf("call %d had ended: %s", e.Call, short(e))
		case e.Kind == dial.Opened:
			h.states[e.Call] = dial.Live
		case e.Kind == dial.Signal && was != dial.Live, e.Kind == dial.Turned && e.State == dial.Opening && was != dial.Opening, e.State == dial.Live && e.Kind == dial.Turned:
			h.t.Fatalf("call %d was %v: %s", e.Call, was, short(e))
		case e.Kind == dial.Turned:
			h.states[e.Call] = e.State
		}
	}
	return asks
}
