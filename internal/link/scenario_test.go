package link

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// live is a world that has connected and opened its channel.
func live(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, 7)
	w.settle()
	return w
}

// stepUntilIdle passes all frames and runs all requests, without time going by.
func (w *world) stepUntilIdle() {
	for w.toServer() || w.toClient() || w.execute() {
	}
}

func (w *world) answer(t *testing.T, req uint64) Event {
	t.Helper()
	if len(w.answers[req]) != 1 {
		t.Fatalf("request %d has %d answers", req, len(w.answers[req]))
	}
	return w.answers[req][0]
}

func wantCode(t *testing.T, e Event, code wire.Code) {
	t.Helper()
	if e.Err == nil || e.Err.Code != code {
		t.Errorf("got %+v, want %s", e, code)
	}
}

// deliverBye has the server say bye.
func (w *world) deliverBye(b wire.Bye) {
	w.reply(b)
	for w.toClient() {
	}
}

func TestNotesAreAcknowledgedInBatches(t *testing.T) {
	w := live(t)
	acks := func() (n int) {
		for _, b := range w.up {
			if wire.Kind(b) == wire.KindSeen {
				n++
			}
		}
		return n
	}
	for range 3 * ackNotes {
		w.note()
		w.toClient()
	}
	if n := acks(); n != 3 {
		t.Errorf("%d acknowledgements", n)
	}
	w.note()
	w.toClient()
	w.pass(second)
	if n := acks(); n != 4 {
		t.Errorf("%d acknowledgements after a while", n)
	}
}

func TestRepeatedNotesAreIgnored(t *testing.T) {
	w := live(t)
	for _, seq := range []uint64{1, 2, 2, 1, 3} {
		w.reply(wire.Note{Ch: w.ch, Seq: seq})
	}
	w.stepUntilIdle()
	if len(w.notes) != 3 {
		t.Errorf("notes %v", w.notes)
	}
}

func TestANewRunTellsThatNotesMayBeLost(t *testing.T) {
	w := live(t)
	if w.restarts != 1 {
		t.Fatalf("%d times anew", w.restarts)
	}
	w.cut()
	w.pass(25 * hour)
	for w.srv.sessions["phone"].run == "run-000000000001" { // until the new run is open there
		w.connect()
		if !w.toServer() && !w.toClient() {
			w.pass(second)
		}
	}
	w.cut() // the answer is lost, so the server will say resumed
	w.settle()
	if w.restarts != 2 {
		t.Errorf("%d times anew", w.restarts)
	}
}

func TestATakenOverSessionIsClosed(t *testing.T) {
	w := live(t)
	doubt := w.request(1, 0)
	w.toServer()
	w.reply(wire.Failure{Ch: w.ch, Err: wire.Error{Code: wire.Conflict}})
	w.toClient()
	wantCode(t, w.answer(t, doubt), wire.SessionExpired)
	wantCode(t, w.answer(t, w.request(2, 0)), wire.Conflict)
	if len(w.closed) != 1 || w.closed[0].Code != wire.Conflict {
		t.Errorf("closed %v", w.closed)
	}
}

// TestARequestIsToldWhyItsSessionIsClosed, however late it is; but of few sessions that is remembered.
func TestARequestIsToldWhyItsSessionIsClosed(t *testing.T) {
	w := live(t)
	refuse := func() (ch uint32) {
		ch = w.l.Open(w.now, "counter:carol/home", "phone", 0)
		w.drain()
		w.reply(wire.Failure{Ch: ch, Err: wire.Error{Code: wire.NotAllowed}})
		w.toClient()
		return ch
	}
	ask := func(ch uint32) Event {
		req := w.l.Request(w.now, ch, "Get", []byte{0x80}, 0)
		w.drain()
		return w.answer(t, req)
	}
	first := refuse()
	wantCode(t, ask(first), wire.NotAllowed)
	for range maxShut {
		wantCode(t, ask(refuse()), wire.NotAllowed)
	}
	wantCode(t, ask(first), wire.Unavailable)
	if len(w.l.shut) > maxShut {
		t.Error(len(w.l.shut))
	}
	ours := w.l.Open(w.now, "counter:alice/home", "tablet", 0)
	w.l.Close(w.now, ours)
	wantCode(t, ask(ours), wire.Unavailable)
}

func TestAChannelThatIsRefusedForNowIsOpenedLater(t *testing.T) {
	w := live(t)
	w.reply(wire.Failure{Ch: w.ch, Err: wire.Error{Code: wire.Unavailable, RetryAfter: 2000}})
	w.toClient()
	req := w.request(1, 0)
	w.stepUntilIdle()
	if len(w.answers[req]) != 0 {
		t.Error("answered on a closed channel")
	}
	w.settle()
	w.verify()
}

func TestStopAnswersEverything(t *testing.T) {
	w := live(t)
	sent := w.request(1, 0)
	w.toServer()
	for i := range 10 {
		w.request(10+i, 0)
	}
	unsent := w.request(2, 0)
	w.l.Stop(w.now)
	w.drain()
	wantCode(t, w.answer(t, sent), wire.SessionExpired)
	wantCode(t, w.answer(t, unsent), wire.Unavailable)
	wantCode(t, w.answer(t, w.request(3, 0)), wire.Unavailable)
	if w.conn != 0 || w.state.Status != Stopped || w.l.Wake() != 0 {
		t.Errorf("socket %d, %+v, wake %d", w.conn, w.state, w.l.Wake())
	}
	w.l.Start(w.now)
	w.l.RetryNow(w.now)
	w.l.SetToken(w.now, "t")
	w.drain()
	if w.state.Status != Stopped {
		t.Errorf("%+v", w.state)
	}
}

func TestFeatureFramesPass(t *testing.T) {
	w := live(t)
	w.down = append(w.down, []byte{0x81, 0x18, wire.FirstFeature}, []byte{0x81, 0x18, 63})
	w.stepUntilIdle()
	if w.frames != 1 {
		t.Errorf("%d frames", w.frames)
	}
	if !w.l.SendFrame([]byte{0x81, 0x18, wire.FirstFeature}) || w.l.SendFrame(make([]byte, wire.MaxFrame+1)) {
		t.Error("SendFrame")
	}
	w.cut()
	if w.l.SendFrame([]byte{0x81, 0x18, wire.FirstFeature}) {
		t.Error("sent while offline")
	}
}
