package session

import (
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func (st *stand) notify(pattern string, from, to int64) {
	for n := from; n <= to; n++ {
		st.srv.Notify(homeCA, pattern, cbor.AppendInt(nil, n))
	}
}

func noteValue(f wire.Note) int64 {
	r := cbor.NewReader(f.Value)
	return r.Int()
}

func TestNotesReachTheSessionsThatThePatternMeans(t *testing.T) {
	st := newStand(t, nil)
	phone, tablet, bob := st.hello("alice"), st.hello("alice"), st.hello("bob")
	phone.open("phone", run1)
	tablet.open("tablet", run1)
	bob.open("phone", run1)
	for i, pattern := range []string{"phone", "*", "bob/phone", "bob/*", "*/*", "nobody/*", "*/phone"} {
		st.notify(pattern, int64(i), int64(i))
	}
	for _, c := range []struct {
		p    *peer
		want []int64
	}{{phone, []int64{0, 1, 4, 6}}, {tablet, []int64{1, 4}}, {bob, []int64{2, 3, 4, 6}}} {
		for i, want := range c.want {
			if f := expect(c.p, wire.ParseNote); noteValue(f) != want || f.Seq != uint64(i)+1 || f.Dropped != 0 {
				t.Errorf("got %+v, want %d", f, want)
			}
		}
	}
}

func TestCA3_NotesBeyondTheLimitAreDroppedOldestFirstWithANotice(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	st.notify("phone", 1, 1000) // the peer does not read: what the writer has taken waits in the pipe
	var got []wire.Note
	for len(got) == 0 || got[len(got)-1].Seq < 1000 {
		got = append(got, expect(p, wire.ParseNote))
	}
	var lost uint64
	for i, f := range got {
		lost += f.Dropped
		if f.Seq != uint64(i)+1+lost || noteValue(f) != int64(f.Seq) {
			t.Fatalf("note %d is %+v after %d lost", i, f, lost)
		}
	}
	if lost == 0 || uint64(len(got))+lost != 1000 || len(got) < 100 {
		t.Errorf("%d notes, %d lost", len(got), lost)
	}
}

func TestCA3_LatestOnly(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.openAs(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1, Keep: 1})
	p.ws.CloseNow()
	until(t, "the server notices", func() bool { return st.srv.Stats().Conns == 0 })
	st.notify("phone", 1, 50)
	p = st.hello("alice")
	if o := p.openAs(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1, Keep: 1, Stamp: 1_790_000_000_000_000}); !o.Resumed {
		t.Fatal("not resumed")
	}
	if f := expect(p, wire.ParseNote); f.Seq != 50 || f.Dropped != 49 || noteValue(f) != 50 {
		t.Errorf("got %+v", f)
	}
}

func TestNotesResumeBehindTheLastOneSeen(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	st.notify("phone", 1, 3)
	for range 3 {
		expect(p, wire.ParseNote)
	}
	p.send(wire.Seen{Ch: 1, Seq: 1})
	p.send(wire.Ping{})
	expect(p, wire.ParsePong)
	p.ws.CloseNow()
	p = st.hello("alice")
	if o := p.openAs(wire.Open{Ch: 5, CA: home, Session: "phone", Run: run1, Seen: 2}); !o.Resumed {
		t.Fatal("not resumed")
	}
	if f := expect(p, wire.ParseNote); f.Ch != 5 || f.Seq != 3 || f.Dropped != 0 {
		t.Errorf("got %+v", f)
	}
}

func TestSessionsAreForgottenAfterTwoMinutes(t *testing.T) {
	st := newStand(t, nil)
	p := st.hello("alice")
	p.open("phone", run1)
	p.ws.CloseNow()
	until(t, "the server notices", func() bool { return st.srv.Stats().Conns == 0 })
	st.advance(119 * time.Second)
	if n := st.srv.Stats().Sessions; n != 1 {
		t.Errorf("%d sessions before two minutes", n)
	}
	st.advance(2 * time.Second)
	if n := st.srv.Stats().Sessions; n != 0 {
		t.Errorf("%d sessions after two minutes", n)
	}
	if o := st.hello("alice").open("phone", run1); o.Resumed {
		t.Error("resumed what was forgotten")
	}
}

func TestOPS1_NotesOfAnAbsentClientAreBoundedInBytes(t *testing.T) {
	st := newStand(t, func(o *Options) { o.MaxNoteBytes = 10_000 })
	p := st.hello("alice")
	p.openAs(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1, Keep: 1000})
	p.ws.CloseNow()
	until(t, "the server notices", func() bool { return st.srv.Stats().Conns == 0 })
	for range 100 {
		st.srv.Notify(homeCA, "phone", cbor.AppendBytes(nil, make([]byte, 1000)))
		if n := st.srv.Stats().Notes; n > 10_000 {
			t.Fatalf("%d bytes of notes", n)
		}
	}
	p = st.hello("alice")
	p.openAs(wire.Open{Ch: 1, CA: home, Session: "phone", Run: run1, Keep: 1000})
	if f := expect(p, wire.ParseNote); f.Dropped != f.Seq-1 || f.Seq != 92 {
		t.Errorf("first note has seq %d, dropped %d", f.Seq, f.Dropped)
	}
}
