package fetch_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// trace notes which calls a carrier gets, in their order.
type trace struct {
	mu    sync.Mutex
	calls []string
}

func (t *trace) note(url string) (nth int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, url)
	for _, c := range t.calls {
		if c == url {
			nth++
		}
	}
	return nth
}

func (t *trace) seen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.calls)
}

// One that fails holds up those of its lane, and no others.
func TestCHAN3_LanesKeepTheirOrder(t *testing.T) {
	w := newWorld(t)
	var calls trace
	w.carry = func(_ name.Name, call outgoing.Call, done done) func() {
		if nth := calls.note(call.URL); call.URL == "carried:a0" && nth < 5 {
			done(outgoing.Answer{Status: 503}, nil)
		} else {
			w.soon(func() { done(outgoing.Answer{Status: 200, Body: []byte(call.URL)}, nil) })
		}
		return nil
	}
	for i := range 3 {
		w.must("alice/home", "Ask", fmt.Sprintf("carried:a%d#a", i), "Got", 0, 0)
		w.must("alice/home", "Ask", fmt.Sprintf("carried:b%d#b", i), "Got", 0, 0)
		w.must("alice/home", "Ask", fmt.Sprintf("carried:c%d", i), "Got", 0, 0)
	}
	w.Until("all to be answered", func() bool {
		w.pass(100 * time.Millisecond)
		return len(w.log("alice/home")) == 9
	})
	all := calls.seen()
	if a := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c[8] != 'a' }); !slices.Equal(a, []string{"carried:a0", "carried:a0", "carried:a0", "carried:a0", "carried:a0", "carried:a1", "carried:a2"}) {
		t.Errorf("lane a: %q", a)
	}
	if b := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c[8] != 'b' }); !slices.Equal(b, []string{"carried:b0", "carried:b1", "carried:b2"}) {
		t.Errorf("lane b: %q", b)
	}
	if slices.Index(all, "carried:b2") > slices.Index(all, "carried:a1") || slices.Index(all, "carried:c2") > slices.Index(all, "carried:a1") {
		t.Errorf("they wait for lane a: %q", all)
	}
}

// One whose end is not an answer lets the next go: cancelled, refused, out of time.
func TestCHAN3_LanesGoOn(t *testing.T) {
	w := newWorld(t)
	var calls trace
	w.carry = func(_ name.Name, call outgoing.Call, done done) func() {
		calls.note(call.URL)
		switch call.URL {
		case "carried:refused":
			done(outgoing.Answer{}, wire.Err(wire.NotAllowed, "Never."))
		case "carried:last":
			done(outgoing.Answer{Status: 200}, nil)
		}
		return nil
	}
	w.must("alice/home", "Ask", "carried:late#a", "Got", 1000, 0)
	w.must("alice/home", "Ask", "carried:refused#a", "Got", 0, 0)
	w.Class.Methods["Withdraw"] = func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
		for id, tag := range w.live.Load().Waiting(tx) {
			if tag == "tag of carried:cancelled" && !w.live.Load().Cancel(tx, id) {
				return nil, wire.Err(wire.Failed, "It could not be cancelled.")
			}
		}
		return nil, nil
	}
	w.must("alice/home", "Ask", "carried:cancelled#a", "Got", 0, 0)
	w.must("alice/home", "Ask", "carried:last#a", "Got", 0, 0)
	w.must("alice/home", "Withdraw")
	w.hears("alice/home", "deadline", "not_allowed", "200 ")
	w.gone("alice/home")
	if got := calls.seen(); !slices.Equal(got, []string{"carried:late", "carried:refused", "carried:last"}) {
		t.Errorf("%q", got)
	}
}

// Tags come back with outcomes, and tell what waits.
func TestTagsComeBack(t *testing.T) {
	w := newWorld(t)
	answer := make(chan struct{})
	w.carry = func(_ name.Name, _ outgoing.Call, done done) func() {
		w.soon(func() {
			<-answer
			done(outgoing.Answer{Status: 200}, nil)
		})
		return nil
	}
	tags := func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		f, _ := m.Ext.(*fetch.Fetched)
		s.Log = append(s.Log, fmt.Sprint(f != nil && f.Tag == "tag of carried:x", len(w.live.Load().Waiting(tx))))
		return nil, nil
	}
	w.Class.Methods["Tags"] = tags
	w.must("alice/home", "Ask", "carried:x", "Tags", 0, 0)
	w.must("alice/home", "Tags")
	close(answer)
	w.hears("alice/home", "false 1", "true 0")
}

// A tag, and a lane, that is too long is refused at once: both are read with the CA.
func TestTagsAndLanesHaveALimit(t *testing.T) {
	w := newWorld(t)
	w.carry = func(_ name.Name, _ outgoing.Call, done done) func() {
		done(outgoing.Answer{Status: 200}, nil)
		return nil
	}
	long := strings.Repeat("x", fetch.MaxTag)
	w.Class.Methods["Long"] = func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
		call := outgoing.Call{URL: "carried:x"}
		for _, r := range []fetch.Request{{Call: call, Tag: long + "x"}, {Call: call, Lane: long + "x"}} {
			if _, err := w.live.Load().Ask(tx, r, "Got"); err == nil {
				t.Errorf("%d, %d bytes are taken", len(r.Tag), len(r.Lane))
			}
		}
		_, err := w.live.Load().Ask(tx, fetch.Request{Call: call, Tag: long, Lane: long}, "Got")
		return nil, err
	}
	w.must("alice/home", "Long")
	w.hears("alice/home", "200 ")
}

// Through crashes at any commit, those of a lane begin in the order in which they were asked for, and each has one outcome.
func TestCHAN3_LanesThroughCrashes(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newStorm(t, seed)
			var calls trace
			carried := s.carry
			s.carry = func(from name.Name, call outgoing.Call, done done) func() {
				calls.note(call.URL)
				return carried(from, call, done)
			}
			const rounds, deaths = 40, 3 // at least
			promised := map[string]bool{}
			for i := 0; i < rounds || s.deaths < deaths; i++ {
				s.revive()
				url := fmt.Sprintf("carried:%03d", i)
				promised[url] = s.promised(s.Send("o0", "o0/home", "Ask", args(url+"#lane", "Got", 0, 0)))
				s.Clock.Advance(time.Duration(s.roll(2000)) * time.Millisecond)
			}
			s.calm.Store(true)
			s.Until("all to be answered", func() bool {
				s.revive()
				s.pass(time.Second)
				return s.pending("o0/home") == 0 && s.Runtime.Quiet()
			})
			s.Until("no answer to be on its way", func() bool { return s.coming.Load() == 0 })
			var firsts []string
			for _, c := range calls.seen() {
				if !slices.Contains(firsts, c) {
					firsts = append(firsts, c)
				}
			}
			if !slices.IsSorted(firsts) || len(s.log("o0/home")) != len(firsts) {
				t.Errorf("%d outcomes of %q", len(s.log("o0/home")), firsts)
			}
			for url, was := range promised {
				if was && !slices.Contains(firsts, url) {
					t.Errorf("%s was promised", url)
				}
			}
		})
	}
}

// Those who don't answer, be they many, leave places for others: what strangers cause is a quarter, and what has failed before a half.
func TestCHAN3_WhoDoesNotAnswerLeavesPlaces(t *testing.T) {
	for _, c := range []struct {
		lane      string
		failFirst bool
		places    int
	}{{"minor", false, 4}, {"again", true, 8}, {"minor again", true, 4}} {
		t.Run(c.lane, func(t *testing.T) {
			w := newWorld(t)
			var calls trace
			var mu sync.Mutex
			hang := map[string]done{}
			w.carry = func(_ name.Name, call outgoing.Call, done done) func() {
				nth := calls.note(call.URL)
				switch {
				case call.URL == "carried:good":
					w.soon(func() { done(outgoing.Answer{Status: 200, Body: []byte("good")}, nil) })
				case c.failFirst && nth == 1:
					w.soon(func() { done(outgoing.Answer{Status: 503}, nil) })
				default:
					mu.Lock()
					hang[call.URL] = done
					mu.Unlock()
				}
				return nil
			}
			for i := range 60 {
				w.must("alice/home", "Ask", fmt.Sprintf("carried:dead%d#%s%d", i, c.lane, i), "Got", 0, 0)
			}
			full := func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(hang) == c.places
			}
			w.Until("the places to be taken", func() bool { w.pass(100 * time.Millisecond); return full() })
			w.must("alice/home", "Ask", "carried:good", "Got", 0, 0)
			w.hears("alice/home", "200 good")
			if !full() {
				t.Errorf("%d calls hang", len(hang))
			}
			mu.Lock()
			for _, done := range hang {
				done(outgoing.Answer{Status: 503}, nil)
			}
			mu.Unlock()
		})
	}
}
