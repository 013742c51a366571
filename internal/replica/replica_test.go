package replica_test

import (
	"fmt"
	"testing"

	"github.com/wabgo/wab/internal/actor/actortest"
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
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.longest > 40<<10 {
		t.Errorf("a frame of %d bytes", p.longest)
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

func TestMAP4_ADestroyedMapIsEmptyAndAnotherOneIsOfAnotherEpoch(t *testing.T) {
	w := newWorld(t)
	epoch := func() uint64 {
		m, err := w.hub.Newest(actortest.Name("app:alice/home/m"))
		if err != nil {
			t.Fatal(err)
		}
		return m.Epoch()
	}
	w.must("alice/home", "Set", "m", "n", 1)
	first := epoch()
	p := w.peer("alice").connect()
	sub := p.open("app:alice/home/m")
	p.holds("app:alice/home/m")
	w.must("alice/home", "End")
	p.holds("app:alice/home/m")
	if got := p.content(sub); len(got) > 0 || epoch() != 0 {
		t.Errorf("a destroyed map holds %v, of epoch %d", got, epoch())
	}
	w.must("alice/home", "Set", "m", "x", 2)
	p.holds("app:alice/home/m")
	if got := p.content(sub); len(got) != 1 || epoch() == first {
		t.Errorf("another map holds %v; its epoch is %d, the first one's %d", got, epoch(), first)
	}
}

func TestMAP9_AMapComesAliveWhenItIsMade(t *testing.T) {
	w := newWorld(t)
	p := w.peer("alice").connect()
	p.open("app:alice/home/later")
	p.holds("app:alice/home/later")
	w.must("alice/home", "Set", "later", "x", 1)
	p.holds("app:alice/home/later")
}

// Who held a small map long ago gets a large one in parts: one frame of all that has changed could be larger than a connection takes.
func TestMAP6_WhoIsFarBehindStartsOverInParts(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Set", "o", "n", 1)
	p := w.peer("alice").connect()
	p.open("app:alice/home/m")
	p.open("app:alice/home/o")
	p.holds("app:alice/home/m")
	p.holds("app:alice/home/o")
	p.cut()
	for i := range 6 {
		w.must("alice/home", "Blobs", "m", i*40, (i+1)*40)
	}
	p.connect()
	p.holds("app:alice/home/m")
	p.holds("app:alice/home/o")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.longest > 8<<20 {
		t.Errorf("a frame of %d bytes", p.longest)
	}
}
