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

func TestRequestsWaitForTheWindowInOrder(t *testing.T) {
	w := live(t)
	for i := range 10 {
		w.request(i, 0)
	}
	for w.toServer() { // the model fails the test if more than 4 are in flight
	}
	for i, e := range w.srv.running {
		if e.req.ID != uint64(i)+1 {
			t.Errorf("request %d came as number %d", e.req.ID, i)
		}
	}
	w.settle()
	w.verify()
}

func TestDeadlines(t *testing.T) {
	w := live(t)
	sent := w.request(1, w.now+2*second)
	w.toServer()
	w.cut()
	unsent := w.request(2, w.now+1)
	w.pass(5 * second)
	wantCode(t, w.answer(t, sent), wire.Deadline)
	wantCode(t, w.answer(t, unsent), wire.Deadline)
	if a, b := w.answer(t, sent).Err.Message, w.answer(t, unsent).Err.Message; a == b {
		t.Errorf("both say %q", a)
	}
	w.settle()
	if w.srv.ran[2] != 0 {
		t.Error("the unsent request ran")
	}
}

func TestAbandonedRequestsKeepTheirPlaceInTheWindow(t *testing.T) {
	w := live(t)
	for i := range 4 {
		w.request(i, w.now+second)
	}
	for w.toServer() {
	}
	w.pass(2 * second)
	late := w.request(9, 0)
	for w.toServer() { // the model fails the test at the fifth in flight
	}
	w.stepUntilIdle()
	if e := w.answer(t, late); e.Err != nil {
		t.Error(e.Err)
	}
}

func TestCancelAnswersNothing(t *testing.T) {
	w := live(t)
	for i := range 6 {
		req := w.request(i, 0)
		w.l.Cancel(w.now, req)
		delete(w.asked, req)
		w.drain()
	}
	w.settle()
	if len(w.answers) != 0 || len(w.l.requests) != 0 || w.l.bytes != 0 {
		t.Errorf("%d answers, %d requests, %d bytes", len(w.answers), len(w.l.requests), w.l.bytes)
	}
}

func TestOverloadedRequestsAreRepeatedUntilTheirDeadline(t *testing.T) {
	w := live(t)
	w.srv.busy = true
	hopeless, patient := w.request(1, w.now+second), w.request(2, 0)
	for range 2000 {
		w.stepUntilIdle()
		w.pass(second / 1000)
	}
	wantCode(t, w.answer(t, hopeless), wire.Overloaded)
	if len(w.answers[patient]) != 0 {
		t.Errorf("the patient one was told %+v", w.answers[patient])
	}
	w.srv.busy = false
	w.settle()
	w.verify()
}

func TestARefusedRepetitionDoesNotProveThatTheFirstSendingDidNotRun(t *testing.T) {
	w := live(t)
	req := w.request(1, w.now+5*second)
	w.toServer()
	w.execute() // the reply is lost
	w.cut()
	w.srv.busy = true
	for range 10_000 {
		w.connect()
		w.stepUntilIdle()
		w.pass(second / 1000)
	}
	wantCode(t, w.answer(t, req), wire.Deadline)
}

// A server says quota once it has looked for a receipt: there is none, so nothing has run, and the caller hears so at once, with the time to come again.
func TestQuotaIsToldAtOnceToARequestInDoubtThatHasNotRun(t *testing.T) {
	for name, lose := range map[string]func(*world){
		"before it came": func(*world) {},
		"while it waits": func(w *world) { w.toServer() },
		"its refusal":    func(w *world) { w.toServer(); w.execute() },
	} {
		w := live(t)
		w.srv.spent = true
		req := w.request(1, w.now+hour)
		lose(w)
		w.cut()
		for len(w.answers[req]) == 0 && w.now < epoch+10*second {
			w.connect()
			w.stepUntilIdle()
			w.pass(second / 1000)
		}
		if e := w.answer(t, req); e.Err == nil || e.Err.Code != wire.Quota || e.Err.RetryAfter != 60_000 {
			t.Errorf("%s: %+v", name, e)
		}
		w.srv.spent = false
		for range 1000 {
			w.connect()
			w.stepUntilIdle()
			w.pass(second)
		}
		if w.srv.ran[1] != 0 {
			t.Errorf("%s: it ran when its caller had been told that it had not", name)
		}
	}
}

func TestWhatHasRunIsNotRefusedForAQuotaThatItHasUsedUp(t *testing.T) {
	w := live(t)
	req := w.request(1, w.now+hour)
	w.toServer()
	w.execute() // the reply is lost
	w.cut()
	w.srv.spent = true
	w.settle()
	if e := w.answer(t, req); e.Err != nil || w.srv.ran[1] != 1 {
		t.Errorf("%+v, ran %d times", e, w.srv.ran[1])
	}
}

func TestTooMuchWaitingIsOverloadedAtOnce(t *testing.T) {
	w := live(t)
	w.cut()
	for i := range MaxPending {
		w.request(i, 0)
	}
	wantCode(t, w.answer(t, w.request(-1, 0)), wire.Overloaded)
	req := w.l.Request(w.now, w.ch, "", nil, 0)
	w.drain()
	wantCode(t, w.answer(t, req), wire.BadRequest)
	delete(w.answers, req)
	w.settle()
	w.verify()
}

func TestTooLargeForTheServer(t *testing.T) {
	w := live(t)
	req := w.l.Request(w.now, w.ch, "Add", append([]byte{0x81}, make([]byte, wire.MaxFrame)...), 0)
	w.drain()
	wantCode(t, w.answer(t, req), wire.TooLarge)
}

func TestSessionExpiredAfterADay(t *testing.T) {
	w := live(t)
	ran, unsent := w.request(1, 0), uint64(0)
	w.toServer()
	w.execute() // the reply is lost
	w.cut()
	unsent = w.request(2, 0)
	w.pass(25 * hour)
	w.settle()
	wantCode(t, w.answer(t, ran), wire.SessionExpired)
	if e := w.answer(t, unsent); e.Err != nil {
		t.Error(e.Err)
	}
	if w.runs != 2 || w.srv.ran[1] != 1 {
		t.Errorf("%d runs, the first request ran %d times", w.runs, w.srv.ran[1])
	}
}

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

func TestTokensAreRenewedBeforeTheyExpire(t *testing.T) {
	w := newWorld(t, 1)
	w.srv.expires = w.serverNow() + 10*60*second
	w.settle()
	idle := func(seconds int) {
		for range seconds {
			w.pass(second)
			w.stepUntilIdle()
		}
	}
	idle(8*60 + 50)
	if w.tokens != 0 {
		t.Error("asked too early")
	}
	idle(20)
	if w.tokens != 1 || w.state.Status != Live {
		t.Fatalf("asked %d times, %+v", w.tokens, w.state)
	}
	w.srv.expires = 0
	w.l.SetToken(w.now, "fresh")
	w.drain()
	idle(60)
	if w.tokens != 1 || w.state.Status != Live {
		t.Errorf("asked %d times, %+v", w.tokens, w.state)
	}
}

func TestARefusedTokenIsRenewedOrTheEnd(t *testing.T) {
	for _, renewed := range []bool{true, false} {
		w := live(t)
		w.deliverBye(wire.Bye{Code: wire.Unauthenticated, Message: "expired", ReconnectAfter: -1})
		if w.state.Status != Offline || w.state.Next != 0 || w.tokens != 1 {
			t.Fatalf("%+v, asked %d times", w.state, w.tokens)
		}
		req := w.request(1, 0)
		if renewed {
			w.l.SetToken(w.now, "fresh")
			w.drain()
			w.settle()
			w.verify()
			continue
		}
		w.l.NoToken(w.now, nil)
		w.drain()
		wantCode(t, w.answer(t, req), wire.Unauthenticated)
		if w.state.Status != Refused || w.state.Reason.Message != "expired" {
			t.Errorf("%+v", w.state)
		}
	}
}

func TestAnotherOwnersTokenIsRefusedHere(t *testing.T) {
	w := live(t)
	w.reply(wire.Welcome{Version: 1, Owner: "mallory", MaxInflight: 1})
	w.toClient()
	if w.state.Status != Refused || w.state.Reason.Code != wire.NotAllowed || w.l.Owner() != "alice" {
		t.Errorf("%+v as %s", w.state, w.l.Owner())
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
	wantCode(t, w.answer(t, w.request(2, 0)), wire.Unavailable)
	if len(w.closed) != 1 || w.closed[0].Code != wire.Conflict {
		t.Errorf("closed %v", w.closed)
	}
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

// FuzzReceived hands the link whatever a broken or hostile server may send: it must not panic, and answers nothing twice.
func FuzzReceived(f *testing.F) {
	for _, frame := range []interface{ Append([]byte) []byte }{
		wire.Reply{Ch: 1, ID: 1}, wire.Failure{Ch: 1, ID: 2, Err: wire.Error{Code: wire.Overloaded}}, wire.Failure{Ch: 1},
		wire.Note{Ch: 1, Seq: 1}, wire.Opened{Ch: 1}, wire.Pong{T: 1}, wire.Bye{ReconnectAfter: -1}, wire.Welcome{Owner: "alice"},
	} {
		f.Add(frame.Append(nil), frame.Append(nil))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w := newWorld(t, 1)
		w.settle()
		for i := range 6 {
			w.request(i, w.now+hour)
		}
		for _, frame := range [][]byte{a, b, a} {
			w.l.Received(w.now, w.conn, frame)
			w.drain()
			w.pass(second)
		}
		w.l.Stop(w.now)
		w.drain()
		for req := range w.asked {
			if len(w.answers[req]) != 1 {
				t.Fatalf("request %d has %d answers", req, len(w.answers[req]))
			}
		}
	})
}

// TestOPS1_ATokenThatIsRenewedInVainIsNotTriedInALoop has whoever renews tokens answer at once, with one that is no better.
func TestOPS1_ATokenThatIsRenewedInVainIsNotTriedInALoop(t *testing.T) {
	w := live(t)
	w.deliverBye(wire.Bye{Code: wire.Unauthenticated, Message: "expired", ReconnectAfter: -1})
	w.srv.bye = &wire.Bye{Code: wire.Unauthenticated, Message: "expired", ReconnectAfter: -1}
	dials, began := 0, w.now
	for w.now < began+600*second {
		if w.tokens > 0 {
			w.tokens = 0
			w.l.SetToken(w.now, "stale")
			w.drain()
		}
		if w.conn == 0 {
			w.pass(second / 10)
			continue
		}
		if dials++; dials > 100 {
			t.Fatalf("%d attempts within %d ms", dials, (w.now-began)/1000)
		}
		w.connect()
		w.stepUntilIdle()
	}
	if dials < 20 {
		t.Errorf("only %d attempts", dials)
	}
	w.srv.bye = nil
	for w.state.Status != Live {
		w.pass(second)
		w.connect()
		w.stepUntilIdle()
		if w.tokens > 0 {
			w.tokens = 0
			w.l.SetToken(w.now, "fresh")
			w.drain()
		}
	}
	w.settle()
	w.verify()
}
