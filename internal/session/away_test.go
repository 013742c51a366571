package session

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// visit opens a session of somebody's home for its owner, who goes away without a word.
func (st *stand) visit(owner, session string) (resumed bool) {
	st.t.Helper()
	before := st.srv.Stats().Conns
	p := st.hello(owner)
	o := p.openAs(wire.Open{Ch: 1, CA: "counter:" + owner + "/home", Session: session, Run: run1})
	p.ws.CloseNow()
	until(st.t, "the server notices", func() bool { return st.srv.Stats().Conns == before })
	return o.Resumed
}

func TestOPS1_WhatAnOwnerLeavesBehindIsBoundedOldestFirst(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxOwnerAwayBytes = 4 * sessionWeight })
	here := st.hello("alice")
	here.open("here", run1)
	for i := range 50 {
		st.visit("alice", fmt.Sprint("s", i))
		if n := st.srv.Stats().Sessions; n > 5 {
			t.Fatalf("%d sessions after %d visits", n, i+1)
		}
	}
	st.visit("bob", "phone")
	for _, i := range []int{46, 49, 0} { // in this order: 0 comes anew, and pushes one out
		if got := st.visit("alice", fmt.Sprint("s", i)); got != (i != 0) {
			t.Errorf("session %d: resumed %v", i, got)
		}
	}
	if !st.visit("bob", "phone") {
		t.Error("what one owner leaves behind has cost another one its session")
	}
	st.notify("here", 1, 1)
	if f := expect(here, wire.ParseNote); f.Seq != 1 {
		t.Errorf("a session that is connected got %+v", f)
	}
}

func TestOPS1_WhatAllLeaveBehindIsBoundedOldestFirst(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxAwayBytes = 10 * sessionWeight })
	here := st.hello("alice")
	here.open("here", run1)
	for i := range 60 {
		st.visit(fmt.Sprint("guest", i), "phone")
		if n := st.srv.Stats().Sessions; n > 11 {
			t.Fatalf("%d sessions after %d guests", n, i+1)
		}
	}
	if !st.visit("guest59", "phone") || st.visit("guest20", "phone") {
		t.Error("not the one that went first was forgotten")
	}
	st.notify("here", 1, 1)
	if f := expect(here, wire.ParseNote); f.Seq != 1 {
		t.Errorf("a session that is connected got %+v", f)
	}
}

func TestOPS1_NotesForThoseWhoAreAwayAreBoundedTogether(t *testing.T) {
	const most = 300_000
	st := newStand(t, func(o *Options) { o.MaxAwayBytes = most })
	for i := range 30 {
		st.visit(fmt.Sprint("guest", i), "phone")
	}
	for i := range 3000 {
		home := name.Name{App: "counter", Owner: fmt.Sprint("guest", i%30), Local: "home"}
		st.srv.Notify(home, "phone", cbor.AppendBytes(nil, make([]byte, 1000)))
		if n := st.srv.Stats().Notes; n > most {
			t.Fatalf("%d bytes of notes", n)
		}
	}
	if n := st.srv.Stats().Sessions; n == 0 || n == 30 {
		t.Errorf("%d sessions are left", n)
	}
	if !st.visit("guest29", "phone") {
		t.Error("the last one to leave is forgotten")
	}
}

func TestSessionsThatAreAwayMakeRoomForNewOnes(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxOwnerSessions = 3 })
	for i := range 5 {
		st.visit("alice", fmt.Sprint("left", i))
	}
	p := st.hello("alice")
	for i := range uint32(3) {
		p.openAs(wire.Open{Ch: i, CA: home, Session: fmt.Sprint("s", i), Run: run1})
	}
	p.send(wire.Open{Ch: 3, CA: home, Session: "s3", Run: run1})
	if f := expect(p, wire.ParseFailure); f.Err.Code != wire.Quota {
		t.Errorf("one session more got %+v", f)
	}
}

// TestOPS1_AwayIsCounted has many sessions come, go and get notes, in any order: what is connected stays, what is away is counted to the byte, and never too much.
func TestOPS1_AwayIsCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most, mostOwn = 12 * sessionWeight, 5 * sessionWeight
		r := newRegistry(Options{MaxNoteBytes: 2 * sessionWeight, MaxOwnerSessions: 8, MaxAwayBytes: most, MaxOwnerAwayBytes: mostOwn}.withDefaults())
		here := map[*session]*channel{}
		now := int64(0)
		connected := func(t *rapid.T) *channel {
			for _, s := range r.sessions() {
				if ch := here[s]; ch != nil {
					return ch
				}
			}
			t.Skip() // another step is drawn: this one needs somebody
			return nil
		}
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				owner, label := rapid.StringMatching("[a-d]").Draw(t, "owner"), rapid.StringMatching("[a-i]").Draw(t, "label")
				ch := &channel{conn: &Conn{out: &outbox{closed: true}}, owner: owner, caKey: home}
				if _, _, err := r.attach(ch, wire.Open{Session: label, Run: run1}); err == nil {
					here[ch.session] = ch
				}
			},
			"leave": func(t *rapid.T) {
				ch, forGood := connected(t), rapid.Bool().Draw(t, "for good")
				delete(here, ch.session)
				r.leave(ch, now, forGood)
			},
			"note": func(t *rapid.T) {
				pattern := rapid.SampledFrom([]string{"*/*", "a/*", "b/a", "*/c"}).Draw(t, "pattern")
				r.notify(homeCA, pattern, make([]byte, rapid.IntRange(1, sessionWeight).Draw(t, "size")))
			},
			"time": func(t *rapid.T) { now += rapid.Int64Range(0, 2*r.keepAway).Draw(t, "passes"); r.forget(now) },
			"": func(t *rapid.T) {
				weight, own := map[string]int64{}, map[string]int{}
				var all int64
				for _, s := range r.sessions() {
					own[s.owner]++
					if ch := here[s]; ch != s.ch {
						t.Fatal("a session is not where it should be")
					}
					if s.ch == nil {
						weight[s.owner] += int64(sessionWeight + s.ring.bytes)
						all += int64(sessionWeight + s.ring.bytes)
					}
				}
				for s := range here {
					if r.cas[s.ca][s.who] != s {
						t.Fatal("a session that is connected was dropped")
					}
				}
				if all > most || all != r.away.weight.Load() {
					t.Fatalf("%d bytes are away, %d are counted", all, r.away.weight.Load())
				}
				if len(own) != len(r.accounts) {
					t.Fatalf("%d owners have %d accounts", len(own), len(r.accounts))
				}
				for owner, a := range r.accounts {
					if w := weight[owner]; w > mostOwn || w != a.away.weight.Load() || a.sessions != own[owner] {
						t.Fatalf("%s has %d bytes away, %d sessions; counted are %d and %d", owner, w, own[owner], a.away.weight.Load(), a.sessions)
					}
				}
			},
		})
	})
}

// sessions lists all, in no order.
func (r *registry) sessions() (all []*session) {
	for _, m := range r.cas {
		for _, s := range m {
			all = append(all, s)
		}
	}
	return all
}
