package fetch_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

type done = func(outgoing.Answer, *wire.Error)

// A carrier hears who asks, and what; whether it answers before it returns or after, there is one outcome.
func TestCHAN2_CarriersAreAskedInsteadOfHosts(t *testing.T) {
	w := newWorld(t)
	w.carry = func(from name.Name, call outgoing.Call, done done) func() {
		a := outgoing.Answer{Status: 200, Body: fmt.Append(nil, from, " ", call.URL, " ", len(call.Body))}
		if strings.HasSuffix(call.URL, "now") {
			done(a, nil)
			return nil
		}
		w.soon(func() { done(a, nil) })
		return func() {}
	}
	w.must("alice/home", "Ask", "carried:now", "Got", 0, 3)
	w.hears("alice/home", "200 app:alice/home carried:now 3")
	w.must("bob/home", "Ask", "carried:later", "Got", 60_000, 0)
	w.hears("bob/home", "200 app:bob/home carried:later 0")
	w.gone("alice/home")
	w.gone("bob/home")
}

// Apps can't reach what serves the framework.
func TestCHAN5_CarriersAreClosedToApps(t *testing.T) {
	w := newWorld(t)
	w.carry = func(name.Name, outgoing.Call, done) func() {
		t.Error("it was asked")
		return nil
	}
	if r := w.do("alice/home", "Fetch", "carried:x", "Got", 0, 0); r.Code() != wire.BadRequest {
		t.Error(r)
	}
	for url, code := range map[string]wire.Code{
		"none:x": wire.BadRequest, "carriedx": wire.BadRequest, "carried:" + strings.Repeat("x", outgoing.MaxURL): wire.TooLarge, "file:///etc/passwd": wire.BadRequest,
	} {
		if r := w.do("alice/home", "Ask", url, "Got", 0, 0); r.Code() != code {
			t.Errorf("%.20s: %v", url, r)
		}
	}
	if r := w.do("alice/home", "Ask", "carried:x", "Got", 0, outgoing.MaxBody+1); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	if r := w.do("alice/home", "Ask", "carried:x", "Got", 8*24*3600*1000, 0); r.Code() != wire.BadRequest {
		t.Error(r)
	}
}

// What a carrier says counts as what a host says: passing failures are tried again, others are final; what it doesn't answer in time is asked again.
func TestCHAN3_CarriersFailAsHostsDo(t *testing.T) {
	w := newWorld(t)
	var calls atomic.Int32
	var late done
	w.carry = func(_ name.Name, _ outgoing.Call, done done) func() {
		switch calls.Add(1) {
		case 1:
			done(outgoing.Answer{}, wire.Err(wire.Unavailable, "Not now."))
		case 2:
			done(outgoing.Answer{Status: 429, Header: http.Header{"Retry-After": {"3600"}}}, nil)
		case 3:
			late = done // after its time
		default:
			done(outgoing.Answer{}, wire.Err(wire.NotAllowed, "Never."))
			late(outgoing.Answer{Status: 200}, nil)
		}
		return nil
	}
	w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	w.hears("alice/home", "200 ")
	w.Until("rest", w.Runtime.Quiet)
	before, timers := w.Clock.Now(), w.Clock.Waiters()
	w.must("alice/home", "Ask", "carried:x", "Got", 0, 0)
	w.Until("it to be answered", func() bool {
		w.pass(10 * time.Second)
		return len(w.log("alice/home")) == 2
	})
	w.hears("alice/home", "200 ", "not_allowed")
	if took := w.Clock.Now().Sub(before); calls.Load() != 4 || took < time.Hour+outgoing.DefaultTimeout {
		t.Error(calls.Load(), took)
	}
	w.gone("alice/home")
	w.Until("its timers to end", func() bool { w.pass(100 * time.Millisecond); return w.Clock.Waiters() <= timers })
}

// A call that nobody waits for any more is ended: cancelled, or out of time.
func TestCHAN4_CarriersHearOfTheEnd(t *testing.T) {
	w := newWorld(t)
	var begun, ended atomic.Int32
	w.carry = func(name.Name, outgoing.Call, done) func() {
		begun.Add(1)
		return func() { ended.Add(1) }
	}
	read := cbor.NewReader(w.must("alice/home", "Ask", "carried:x", "Got", 0, 0))
	id := read.Uint()
	w.Until("it to be asked", func() bool { return begun.Load() == 1 })
	if got := w.must("alice/home", "Cancel", int(id)); got[0] != 0xf5 {
		t.Errorf("it was not cancelled: %x", got)
	}
	w.Until("it to hear of it", func() bool { return ended.Load() == 1 })
	w.gone("alice/home")
	w.must("bob/home", "Ask", "carried:x", "Got", 1000, 0)
	w.hears("bob/home", "deadline")
	w.Until("it to hear of the end", func() bool { return ended.Load() == begun.Load() })
}

// Waits are short at first where that was asked for, and there is no end where none was asked for, through a restart too.
func TestCHAN3_AskedForever(t *testing.T) {
	w := newWorld(t)
	var calls atomic.Int32
	var answer atomic.Bool
	w.carry = func(_ name.Name, _ outgoing.Call, done done) func() {
		calls.Add(1)
		status := 503
		if answer.Load() {
			status = 204
		}
		done(outgoing.Answer{Status: status}, nil)
		return nil
	}
	w.must("alice/home", "Ask", "carried:x", "Got", 0, 0)
	w.Until("the first try", func() bool { return calls.Load() == 1 && w.Runtime.Quiet() })
	w.Clock.Advance(200 * time.Millisecond)
	w.Until("the second try", func() bool { return calls.Load() == 2 })
	for range 20 {
		w.Clock.Advance(24 * time.Hour)
		w.crash()
		seen := calls.Load()
		w.Until("one more try", func() bool { w.pass(time.Second); return calls.Load() > seen })
	}
	answer.Store(true)
	w.hears("alice/home", "204 ")
	w.gone("alice/home")
}

// What the framework asks for and what the app does are counted apart.
func TestAskLimits(t *testing.T) {
	w := newWorld(t)
	w.host.says = func(_ http.ResponseWriter, r *http.Request, _ int) { w.host.hang(r) }
	var asked atomic.Int32
	w.carry = func(name.Name, outgoing.Call, done) func() { asked.Add(1); return nil }
	for range fetch.MaxPending {
		w.must("alice/home", "Fetch", "/a", "Got", 0, 0)
	}
	if r := w.do("alice/home", "Fetch", "/a", "Got", 0, 0); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	for range fetch.MaxAsked {
		w.must("alice/home", "Ask", "carried:x", "Got", 0, 0)
	}
	if r := w.do("alice/home", "Ask", "carried:x", "Got", 0, 0); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	w.Until("some to be called", func() bool { return len(w.host.keys("/a")) == 8 && asked.Load() == 16 })
	w.must("alice/home", "Touch")
	if len(w.host.keys("/a")) != 8 || asked.Load() != 16 {
		t.Error(len(w.host.keys("/a")), asked.Load())
	}
	for range 7 {
		w.must("bob/home", "Ask", "carried:x", "Got", 0, 1<<20)
	}
	if r := w.do("bob/home", "Ask", "carried:x", "Got", 0, 1<<20); r.Code() != wire.TooLarge {
		t.Error(r)
	}
	w.must("bob/home", "Fetch", "/b", "Got", 0, 1<<20)
}
