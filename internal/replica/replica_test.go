package replica_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func TestMAP6_AReplicaFollowsAndResumesByVersion(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fill", "m", 0, 100)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	w.must("alice/home", "Set", "m", "x", 1)
	w.must("alice/home", "Del", "m", "key-5")
	p.holds("app:alice/home/m")
	p.cut()
	w.must("alice/home", "Set", "m", "x", 2)
	w.must("alice/home", "Del", "m", "key-6")
	frames := p.frames
	p.connect()
	p.holds("app:alice/home/m")
	if n := p.frames - frames; n > 3 { // welcome, map-opened, one delta
		t.Errorf("%d frames for two changes", n)
	}
	p.cut()
	w.must("alice/home", "Set", "m", "x", 3)
	w.must("alice/home", "Del", "m", "key-7")
	w.crash()
	frames = p.frames
	p.connect()
	p.holds("app:alice/home/m")
	if n := p.frames - frames; n > 3 {
		t.Errorf("%d frames for two changes after a restart", n)
	}
}

func TestMAP6_ALargeSnapshotComesInPartsWhileTheWriterGoesOn(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fill", "m", 0, 100_000)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	for i := range 200 {
		w.must("alice/home", "Set", "m", fmt.Sprint("key-", i*7), -i)
	}
	p.holds("app:alice/home/m")
}

func TestMAP5_AThousandFirstOpensAndAMassResumeEndOnTheLatest(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Fill", "m", 0, 10)
	w.must("alice/home", "Allow", "anyone", "m", "Look")
	w.crash() // the maps have to be loaded
	const n = 200
	peers := make([]*peer, n)
	var all sync.WaitGroup
	for i := range peers {
		peers[i] = w.peer(fmt.Sprint("p", i))
		all.Go(func() { peers[i].connect().open("app:alice/home/m") })
	}
	const readers = 1000
	looks := make([]<-chan actortest.Reply, readers)
	for i := range looks {
		who := fmt.Sprint("r", i)
		looks[i] = w.Send(who, who+"/home", "Look", args("app:alice/home/m"))
	}
	w.must("alice/home", "Set", "m", "n", 7)
	all.Wait()
	for _, l := range looks {
		w.Must(w.Await(l))
	}
	for _, p := range peers {
		p.holds("app:alice/home/m")
	}
	for i := range readers { // in Caf.js 19 of 20 stayed behind for ever
		if got := w.must(fmt.Sprint("r", i, "/home"), "Look", "app:alice/home/m"); string(got) != "\x81\x07" {
			t.Fatalf("reader %d sees %x", i, got)
		}
	}
	for _, p := range peers {
		p.cut()
	}
	w.must("alice/home", "Set", "m", "n", 8)
	for _, p := range peers {
		all.Go(func() { p.connect() })
	}
	w.must("alice/home", "Set", "m", "n", 9)
	all.Wait()
	for _, p := range peers {
		p.holds("app:alice/home/m")
	}
}

// torn tells whether the maps a and b, which change together, are seen apart.
func torn(a, b map[string]string) bool { return a["n"] != b["n"] }

func TestMAP2_MapsOfOneTransactionChangeTogether(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Both", 0)
	w.must("alice/home", "Allow", "anyone", "a", "b")
	p := w.peer("bob").connect()
	a, b := p.open("app:alice/home/a"), p.open("app:alice/home/b")
	p.holds("app:alice/home/a")
	p.holds("app:alice/home/b")
	p.mu.Lock()
	p.check = func(p *peer) {
		if torn(p.contentLocked(a), p.contentLocked(b)) {
			t.Error("a client sees one map without the other")
		}
	}
	p.mu.Unlock()
	w.must("carol/home", "Set", "own", "x", 1)
	for i := 1; i <= 300; i++ {
		write := w.Send("alice", "alice/home", "Both", args(i))
		if i%10 == 0 {
			r := cbor.NewReader(w.must("carol/home", "Look", "app:alice/home/a", "app:alice/home/b"))
			r.Array()
			if x, y := r.Int(), r.Int(); x != y {
				t.Errorf("a CA sees %d and %d", x, y)
			}
		}
		if i == 150 {
			p.cut()
			p.connect()
		}
		w.Must(w.Await(write))
	}
	p.holds("app:alice/home/a")
	p.holds("app:alice/home/b")
}

func TestMAP2_MapsThatAreMadeTogetherAppearTogether(t *testing.T) {
	for i := range 20 {
		w := newWorld(t)
		w.must("alice/home", "Set", "a", "x", 1)
		p := w.peer("alice").connect()
		a, b := p.open("app:alice/home/a"), p.open("app:alice/home/b")
		p.holds("app:alice/home/a")
		p.holds("app:alice/home/b")
		p.mu.Lock()
		p.check = func(p *peer) {
			if torn(p.contentLocked(a), p.contentLocked(b)) {
				t.Error("a client sees one map without the other")
			}
		}
		p.mu.Unlock()
		p.pause(i%2 == 0)
		w.must("alice/home", "Both", 1)
		w.must("alice/home", "Both", 2)
		p.pause(false)
		p.holds("app:alice/home/a")
		p.holds("app:alice/home/b")
		p.cut()
	}
}

func TestMAP6_WhoReadsSlowlyGetsMergedDeltas(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 0)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	p.pause(true)
	big := make([]any, 0, 4)
	for i := range 3000 {
		big = append(big[:0], "m", i%50*100, i%50*100+100) // 100 entries again and again
		w.must("alice/home", "Fill", big...)
		w.must("alice/home", "Set", "m", "n", i)
	}
	if st := w.sessions.Stats(); st.Queued > 4<<20 {
		t.Errorf("%d bytes wait for one reader", st.Queued)
	}
	p.pause(false)
	p.holds("app:alice/home/m")
}

func TestMAP10_RevocationEndsReplicationAtOnce(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	p := w.peer("bob").connect()
	sub := p.open("app:alice/home/m")
	w.Until("bob to be refused", func() bool { return p.end(sub) == wire.NotAllowed })
	// directly, by a group, and by a group behind a group
	w.must("bob/home", "Set", "friends", "dan", 1)
	w.must("bob/home", "Allow", "alice", "friends")
	w.must("alice/home", "Set", "team", "bob/home/friends", 1)
	w.must("alice/home", "Allow", "#alice/home/team", "m")
	for _, how := range []struct {
		who        string
		give, take func()
	}{
		{"bob", func() { w.must("alice/home", "Allow", "bob", "m") }, func() { w.must("alice/home", "Deny", "bob", "m") }},
		{"carol", func() { w.must("alice/home", "Set", "team", "carol", 1) }, func() { w.must("alice/home", "Del", "team", "carol") }},
		{"dan", func() {}, func() { w.must("bob/home", "Del", "friends", "dan") }},
		{"dan", func() { w.must("bob/home", "Set", "friends", "dan", 1) }, func() { w.must("alice/home", "Del", "team", "bob/home/friends") }},
		{"dan", func() { w.must("alice/home", "Set", "team", "bob/home/friends", 1) }, func() { w.must("bob/home", "Deny", "alice", "friends") }},
	} {
		how.give()
		p := w.peer(how.who).connect()
		sub := p.open("app:alice/home/m")
		p.holds("app:alice/home/m")
		how.take()
		w.Until(how.who+" to be sent away", func() bool { return p.end(sub) == wire.NotAllowed })
		if got := p.content(sub); len(got) != 0 {
			t.Errorf("%s still holds %v", how.who, got)
		}
	}
}

func (p *peer) end(sub uint32) wire.Code {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.ended[sub]; err != nil {
		return err.Code
	}
	return ""
}

func TestMAP4_ADestroyedMapIsEmptyAndAnotherOneIsOfAnotherEpoch(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	w.must("alice/home", "End")
	p.holds("app:alice/home/m")
	w.must("alice/home", "Set", "m", "x", 2)
	p.holds("app:alice/home/m")
}

func TestMAP9_AMapComesAliveWhenItIsMade(t *testing.T) {
	w := newWorld(t)
	p := w.peer("alice").connect()
	p.open("app:alice/home/later")
	p.holds("app:alice/home/later")
	w.must("alice/home", "Set", "later", "x", 1)
	p.holds("app:alice/home/later")
}

func TestMAP11_PresenceLivesWithItsSubscription(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Allow", "anyone", "m")
	a, b := w.peer("alice").connect(), w.peer("bob").connect()
	subA, subB := a.open("app:alice/home/m"), b.open("app:alice/home/m")
	a.holds("app:alice/home/m")
	b.holds("app:alice/home/m")
	a.show(subA, cbor.AppendInt(nil, 5))
	sees := func(p *peer, sub uint32, want string) {
		t.Helper()
		w.Until(p.owner+" to see "+want, func() bool {
			w.Clock.Advance(50_000_000)
			p.mu.Lock()
			defer p.mu.Unlock()
			return crowdText(p.crowd) == want
		})
	}
	sees(b, subB, "alice:05")
	b.show(subB, cbor.AppendInt(nil, 6))
	c := w.peer("carol").connect()
	c.open("app:alice/home/m")
	c.holds("app:alice/home/m")
	w.Until("carol to see both", func() bool {
		w.Clock.Advance(50_000_000)
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.frames > 0 && len(c.crowd) > 0
	})
	a.cut()
	sees(b, subB, "-1")
}

// crowdText is a presence batch in words: owner:value of the changed, - and count of the gone.
func crowdText(b []byte) (out string) {
	if b == nil {
		return ""
	}
	r := cbor.NewReader(b)
	for range r.Array() {
		r.Array()
		r.Uint()
		out += r.Text() + fmt.Sprintf(":%02x", r.Raw())
	}
	if n := r.Array(); n > 0 {
		out += fmt.Sprint("-", n)
	}
	return out
}

// Many writers, readers that crash, resume and fall behind: each ends equal to its writer.
func TestMAP5_WhateverHappensAllEndOnTheLatest(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { storm(t, seed) })
	}
}

func storm(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t)
	writers := []string{"alice/home", "bob/home", "carol/home"}
	maps := []string{"a", "b", "c"}
	for _, ca := range writers {
		w.must(ca, "Allow", "anyone", "a", "b", "c")
	}
	peers := make([]*peer, 8)
	for i := range peers {
		peers[i] = w.peer(fmt.Sprint("p", i)).connect()
	}
	for step := range 400 {
		ca := writers[rnd.IntN(len(writers))]
		m := maps[rnd.IntN(len(maps))]
		p := peers[rnd.IntN(len(peers))]
		switch k := rnd.IntN(40); {
		case k < 16:
			w.must(ca, "Set", m, fmt.Sprint("k", rnd.IntN(30)), step)
		case k < 20:
			w.must(ca, "Del", m, fmt.Sprint("k", rnd.IntN(30)))
		case k < 22:
			from := rnd.IntN(50) * 100
			w.must(ca, "Fill", m, from, from+rnd.IntN(2000))
		case k < 23:
			w.do(ca, "Fail", m, "k1", step)
		case k < 29:
			p.open("app:" + ca + "/" + m)
		case k < 32:
			p.pause(true)
		case k < 36:
			p.pause(false)
		case k < 39:
			p.cut()
			p.connect()
		case rnd.IntN(3) == 0:
			for _, p := range peers {
				p.cut()
			}
			w.crash()
			for _, p := range peers {
				p.connect()
			}
		case rnd.IntN(4) == 0:
			w.must(ca, "End")
			w.must(ca, "Allow", "anyone", "a", "b", "c")
		}
	}
	for _, p := range peers {
		p.pause(false)
		for full := range p.subs {
			if p.end(p.subs[full]) != "" { // the CA was destroyed in between
				p.open(full)
			}
			p.holds(full)
		}
	}
}

func TestOPS1_AnAnnouncedMapThatNeverComesHoldsUpNothingElse(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Set", "o", "n", 1)
	w.must("bob/home", "Set", "m", "n", 1)
	w.must("bob/home", "Allow", "alice", "m")
	p := w.peer("alice").connect()
	raw := func(sub uint32, full string, more bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.write(wire.MapOpen{Sub: sub, Map: full, More: more}.Append(nil))
	}
	p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	raw(77, "app:alice/home/o", true) // announces another one of alice's; bob's comes instead
	raw(78, "app:bob/home/m", true)
	raw(78, "app:alice/home/x", false) // a number in use
	raw(79, "app:alice/home/m", false) // a map in use
	p.open("app:bob/home/other")
	w.Until("bob's other map to be decided", func() bool { return p.end(p.subs["app:bob/home/other"]) == wire.NotAllowed })
	w.must("alice/home", "Set", "m", "n", 2)
	p.holds("app:alice/home/m")
}
