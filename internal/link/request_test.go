package link

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

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
