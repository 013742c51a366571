package link

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestBackOffGrowsAndHasJitter(t *testing.T) {
	w := newWorld(t, 3)
	var waits []int64
	for range 12 {
		w.cut()
		if w.state.Status != Offline {
			t.Fatal(w.state)
		}
		waits = append(waits, w.state.Next-w.now)
		w.pass(w.state.Next - w.now)
	}
	for i, d := range waits {
		top := min(int64(firstDelay)<<i, longestWait)
		if d < top/2 || d > top {
			t.Errorf("wait %d is %d µs, want %d to %d", i, d, top/2, top)
		}
	}
	if waits[8] == waits[9] && waits[9] == waits[10] {
		t.Errorf("no jitter: %v", waits)
	}
}

func TestRetryNowConnectsAtOnceButNotBeforeTheServerWants(t *testing.T) {
	w := live(t)
	w.cut()
	w.l.RetryNow(w.now)
	w.drain()
	if w.state.Status != Connecting {
		t.Errorf("%+v", w.state)
	}
	w.settle()
	w.deliverBye(wire.Bye{Code: wire.Unavailable, Message: "restart", ReconnectAfter: 5000})
	wanted := w.now + 5*second
	w.l.RetryNow(w.now)
	w.drain()
	if w.state.Status != Offline || w.state.Next != wanted || w.state.Reason.Message != "restart" {
		t.Errorf("%+v, want an attempt at %d", w.state, wanted)
	}
	w.settle()
}

func TestRefusalFailsWhatWasNeverSentAndKeepsWhatIsInDoubt(t *testing.T) {
	w := live(t)
	doubt := w.request(1, 0)
	w.toServer()
	w.execute()
	w.cut()
	unsent := w.request(2, 0)
	w.srv.bye = &wire.Bye{Code: wire.NotAllowed, Message: "blocked", ReconnectAfter: -1}
	for w.state.Status != Refused {
		w.connect()
		if !w.toServer() && !w.toClient() {
			w.pass(second)
		}
	}
	wantCode(t, w.answer(t, unsent), wire.NotAllowed)
	wantCode(t, w.answer(t, w.request(3, 0)), wire.NotAllowed)
	w.pass(hour)
	w.l.RetryNow(w.now)
	w.drain()
	if w.state.Status != Refused {
		t.Errorf("%+v", w.state)
	}
	w.srv.bye = nil
	w.l.SetToken(w.now, "another")
	w.drain()
	w.settle()
	if e := w.answer(t, doubt); e.Err != nil || w.srv.ran[1] != 1 {
		t.Errorf("%+v, ran %d times", e, w.srv.ran[1])
	}
}

func TestDeadPeersAreNoticed(t *testing.T) {
	w := live(t)
	for w.state.Status == Live {
		w.up = nil // pings go nowhere
		w.pass(second)
	}
	if w.state.Status != Offline || w.now > epoch+50*second {
		t.Errorf("%+v after %d s", w.state, (w.now-epoch)/second)
	}
}

func TestPingsKeepAQuietConnectionAndCompareClocks(t *testing.T) {
	w := live(t)
	for range 300 {
		w.pass(second)
		w.stepUntilIdle()
	}
	if w.state.Status != Live || len(w.samples) < 15 {
		t.Fatalf("%+v, %d samples", w.state, len(w.samples))
	}
	for _, s := range w.samples {
		if s.Arrived != s.Sent || s.Received != s.Sent+w.skew || s.Answered != s.Received {
			t.Errorf("%+v, the server's clock is ahead by %d", s, w.skew)
		}
	}
}

func TestPingsOnDemand(t *testing.T) {
	w := live(t)
	w.stepUntilIdle()
	before := len(w.samples)
	if !w.l.Ping(w.now) {
		t.Error("no ping on a live connection")
	}
	w.drain()
	w.stepUntilIdle()
	if len(w.samples) != before+1 {
		t.Errorf("%d samples", len(w.samples)-before)
	}
	w.pass(wire.PingEvery - second)
	w.stepUntilIdle()
	if len(w.samples) != before+1 {
		t.Error("the next ping came sooner than it had to")
	}
	w.cut()
	if w.l.Ping(w.now) {
		t.Error("a ping without a connection")
	}
}

func TestFramesOfAnOldSocketAreIgnored(t *testing.T) {
	w := live(t)
	old := w.conn
	w.cut()
	w.l.Received(w.now, old, wire.Note{Ch: w.ch, Seq: 9}.Append(nil))
	w.l.Disconnected(w.now, old)
	w.l.Connected(w.now, old)
	w.drain()
	if len(w.notes) != 0 || w.state.Status != Offline {
		t.Errorf("notes %v, %+v", w.notes, w.state)
	}
}
