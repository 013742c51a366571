package link

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

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
