package channel

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/sky"
)

func newPart() *part {
	return &part{feature: &Channels{keys: ourKeys, opt: Options{Clock: clock.NewFake(clock.FromMicros(1_900_000_000_000_000))}}, ca: &actor.CA{}}
}

func genChannel(name string) *rapid.Generator[*channel] {
	return rapid.Custom(func(t *rapid.T) *channel {
		c := &channel{name: name, id: genID().Draw(t, "id"), sub: rapid.String().Draw(t, "sub"), since: rapid.Int64().Draw(t, "since"), allow: genAttenuation().Draw(t, "allow")}
		c.accepted, c.denied = rapid.Uint64().Draw(t, "accepted"), rapid.Uint64().Draw(t, "denied")
		c.eci = hashOf(ourKeys.mint(home, c.id))
		return c
	})
}

func TestChannelsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genChannel("news").Draw(t, "c")
		got, err := readChannel(c.name, c.encode())
		if err != nil {
			t.Fatal(err)
		}
		a, b := *c, *got
		a.allow, b.allow = Attenuation{}, Attenuation{}
		if fmt.Sprint(a) != fmt.Sprint(b) || !same(c.allow, got.allow) {
			t.Fatalf("%+v, then %+v", c, got)
		}
	})
}

func TestCHAN1_WhatIsStoredOfAChannelIsNotItsECI(t *testing.T) {
	p := newPart()
	c, flaw := p.open("news", "", Attenuation{Rate: 1, Per: 2 * longRate, Events: []sky.Pattern{{Domain: "*", Type: "*"}}}, 1, bus.Entry{})
	if flaw != nil {
		t.Fatal(flaw)
	}
	eci := p.eci(c)
	for _, o := range p.ops {
		if strings.Contains(string(o.key)+string(o.value), eci[:8]) {
			t.Errorf("%q", o)
		}
	}
}

// A table is a map in order, whatever is done to it, and what was taken of it before stays as it was.
func TestTablesAreMapsThatNeverChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var now table
		want := map[string]*channel{}
		name := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			before, copied := now, slices.Clone(now)
			n := name.Draw(t, "name")
			if len(now) == 0 && rapid.Bool().Draw(t, "and") {
				first := &channel{name: n}
				now, want[n] = now.and(&channel{name: n}).and(first), first
			} else if rapid.Bool().Draw(t, "with") {
				c := &channel{name: n, eci: hash{byte(len(want)), byte(rapid.IntRange(0, 255).Draw(t, "eci"))}}
				now, want[n] = now.with(c), c
			} else {
				now = now.without(n)
				delete(want, n)
			}
			if !slices.Equal(before, copied) {
				t.Fatal("changed in place")
			}
			if len(now) != len(want) || !slices.IsSortedFunc(now, func(a, b *channel) int { return strings.Compare(a.name, b.name) }) {
				t.Fatalf("%v, want %v", now, want)
			}
			for _, n := range []string{"a", "b", "c", "d", "e", ""} {
				if now.get(n) != want[n] {
					t.Fatal(n)
				}
			}
			for _, c := range now {
				if found := byECI(now, c.eci); found == nil || found.eci != c.eci {
					t.Fatal("not found by its ECI")
				}
			}
			if byECI(now, hash{255, 255, 255}) != nil {
				t.Fatal("found by another's ECI")
			}
		}
	})
}

func genHandler() *rapid.Generator[handler] {
	return rapid.Custom(func(t *rapid.T) handler {
		p := genPattern().Draw(t, "pattern")
		return handler{rapid.Bool().Draw(t, "query"), p.Domain, p.Type, rapid.SampledFrom([]string{"OnA", "OnB", "OnC"}).Draw(t, "method")}
	})
}

func TestHandlersComeBackInTheSameOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, again := newPart(), newPart()
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			h := genHandler().Draw(t, "handler")
			if rapid.Bool().Draw(t, "on") {
				if flaw := p.handle(h); flaw != nil {
					t.Fatal(flaw)
				}
			} else {
				p.unhandle(h)
			}
		}
		stored := map[string][]byte{}
		for _, o := range p.ops {
			if stored[string(o.key)] = o.value; o.value == nil {
				delete(stored, string(o.key))
			}
		}
		for key, value := range stored { // in any order
			if err := again.Load([]byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
		in := func(all []handler, query bool) (of []handler) {
			for _, h := range all {
				if h.query == query {
					of = append(of, h)
				}
			}
			return of
		}
		if !slices.Equal(in(p.handlers, false), in(again.handlers, false)) || !slices.Equal(in(p.handlers, true), in(again.handlers, true)) {
			t.Fatalf("%v, then %v", p.handlers, again.handlers)
		}
	})
}

func TestHandlersOfAnyDomainDoNotHearTheProtocolsOwn(t *testing.T) {
	for _, c := range []struct {
		domain, kind string
		takes        bool
	}{{"system", "subscribe", false}, {"wrangler", "x", false}, {"cloudos", "x", false}, {"System", "x", true}, {"chat", "said", true}} {
		if got := (handler{false, "*", "*", "OnEvent"}).takes(false, c.domain, c.kind); got != c.takes {
			t.Errorf("%s:%s: %v", c.domain, c.kind, got)
		}
		if !(handler{false, c.domain, "*", "OnEvent"}).takes(false, c.domain, c.kind) {
			t.Errorf("%s:%s is not heard by its name", c.domain, c.kind)
		}
		if (handler{true, "*", "*", "OnQuery"}).takes(false, c.domain, c.kind) {
			t.Errorf("%s:%s is heard as a query", c.domain, c.kind)
		}
	}
}

func TestHandlersAreLimited(t *testing.T) {
	p := newPart()
	for i := range MaxHandlers {
		if flaw := p.handle(handler{i%2 == 0, "d", fmt.Sprint("t", i), "OnEvent"}); flaw != nil {
			t.Fatal(i, flaw)
		}
	}
	if flaw := p.handle(handler{false, "d", "one-more", "OnEvent"}); flaw != errManyHandlers {
		t.Error(flaw)
	}
	if flaw := p.handle(handler{false, "d", "t1", "OnEvent"}); flaw != nil {
		t.Error("saying one again:", flaw)
	}
	p.unhandle(handler{false, "d", "t1", "OnEvent"})
	if flaw := p.handle(handler{false, "d", "one-more", "OnEvent"}); flaw != nil {
		t.Error(flaw)
	}
}

// What a message that fails has done to channels is taken back; what was spent of rates is not.
func TestCHAN1_AFailureTakesBackChannelsAndNoSpending(t *testing.T) {
	p := newPart()
	p.Begin()
	c, _ := p.open("news", "", Attenuation{Rate: 1, Per: longRate + 1}, 1, bus.Entry{})
	p.Begin()
	now := p.feature.now()
	if flaw := p.spend(c, now); flaw != nil {
		t.Fatal(flaw)
	}
	p.close("news")
	made, _ := p.open("other", "", Attenuation{}, 1, bus.Entry{})
	p.Rollback()
	if p.channels.get("news") != c || byECI(p.channels, made.eci) != nil || len(p.ops) != 0 {
		t.Error("not taken back")
	}
	if flaw := p.spend(c, now); flaw == nil || len(p.owing) != 1 {
		t.Error("the rate begins anew by a failure", p.owing)
	}
}

func TestCHAN1_RatesKeepACAInMemoryThatAreNotStored(t *testing.T) {
	p := newPart()
	fake := p.feature.opt.Clock.(*clock.Fake)
	short, _ := p.open("short", "", Attenuation{Rate: 2, Per: longRate}, 1, bus.Entry{})
	long, _ := p.open("long", "", Attenuation{Rate: 2, Per: longRate + 1}, 1, bus.Entry{})
	if !p.Idle() {
		t.Error("nothing is spent")
	}
	_ = p.spend(long, p.feature.now())
	if !p.Idle() || len(p.owing) != 1 {
		t.Error("what is stored need not stay in memory")
	}
	_ = p.spend(short, p.feature.now())
	if p.Idle() {
		t.Error("it would be forgotten")
	}
	if fake.Advance(longRate * 1000); !p.Idle() {
		t.Error("it is free again")
	}
}

func FuzzLoad(f *testing.F) {
	p := newPart()
	c, _ := p.open(Doorbell, "", Attenuation{Rate: 1, Per: 2 * longRate, Only: []string{"a"}, Events: []sky.Pattern{{Domain: "*", Type: "*"}}}, 1, bus.Entry{})
	_ = p.handle(handler{false, "*", "*", "OnEvent"})
	p.put(keyTerms, "", c.allow.append(nil))
	p.put(keySpent, string(c.id[:]), []byte{1})
	p.put(keyLast, string(c.id[:]), c.eci[:])
	p.put(keyNotice, numberKey(1), notice{1, Event{}}.encode())
	l := &link{peer: "bob@wab.example"}
	p.keep(l)
	for _, o := range p.ops {
		if err := newPart().Load(o.key, o.value); err != nil && o.key[2] != keyLink {
			f.Fatalf("%q %v", o.key, err)
		}
		f.Add(o.key, o.value)
	}
	f.Add([]byte("HLi0123456789abcdef"), c.allow.append([]byte{0x82, 1}))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		p := newPart()
		if p.Load(key, value) != nil {
			return
		}
		for _, c := range p.channels { // what is read can be used, and written as it was
			_ = c.allow.permits(visit("a", "b", false))
			_, _ = c.allow.spend(0, 1)
			if again, err := readChannel(c.name, c.encode()); err != nil || !same(c.allow, again.allow) {
				t.Fatal(again, err)
			}
		}
		for _, h := range p.handlers {
			if again, err := readHandler(h.key()); err != nil || again != h {
				t.Fatal(again, err)
			}
		}
		_ = p.Due()
		p.Begin()
		p.Rollback()
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add("1", AppendDirectives([]sky.Directive{{Name: "a", Options: []byte{0xa0}}}))
	f.Fuzz(func(_ *testing.T, eid string, packed []byte) {
		_, _ = answerOf(eid, packed)
		_, _ = toJSON(packed)
	})
}

func BenchmarkAdmit(b *testing.B) {
	p := newPart()
	var last *channel
	for i := range MaxChannels {
		c, flaw := p.open(fmt.Sprint("c", i), "", Attenuation{Events: []sky.Pattern{{Domain: "test", Type: "*"}}}, 1, bus.Entry{})
		if flaw != nil {
			b.Fatal(flaw)
		}
		last = c
	}
	if _, flaw := p.open("one-more", "", Attenuation{}, 1, bus.Entry{}); flaw != errManyChannels {
		b.Fatal(flaw)
	}
	v := visit("test", "go", false)
	v.eci = last.eci
	for b.Loop() {
		if name, flaw := p.admit(&bus.Event{By: v}, 1); flaw != nil || name != last.name {
			b.Fatal(name, flaw)
		}
	}
}

func BenchmarkLoadThousandChannels(b *testing.B) {
	p := newPart()
	for i := range MaxChannels {
		_, _ = p.open(fmt.Sprintf("c%04d", i), "", Attenuation{Events: []sky.Pattern{{Domain: "test", Type: "*"}}}, 1, bus.Entry{})
	}
	for b.Loop() {
		again := newPart()
		for _, o := range p.ops {
			if err := again.Load(o.key, o.value); err != nil {
				b.Fatal(err)
			}
		}
	}
}
