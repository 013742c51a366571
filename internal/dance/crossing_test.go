package dance

import (
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// pair is both sides of one subscription, for stories told step by step.
type pair struct {
	t           *testing.T
	asker, peer Record
}

func newPair(t *testing.T) *pair {
	asker := must(Begin(Ask{ID: "s1", Gen: Article, Channel: "back", Host: "https://b.example", Doorbell: "bell"}, noon))
	request := asker.message(Request)
	request.ECI, request.Host = "secret", "https://a.example"
	return &pair{t, asker, must(Asked(request, noon))}
}

func (p *pair) approve() Message {
	p.peer = must(p.peer.Approve("new", noon))
	return Message{Kind: Confirm, ID: "s1", ECI: "green"}
}

func (p *pair) want(asker, peer State) {
	p.t.Helper()
	if p.asker.State != asker || p.peer.State != peer {
		p.t.Errorf("the asker is %v, the other %v; want %v, %v", p.asker.State, p.peer.State, asker, peer)
	}
}

func wantCode(t *testing.T, flaw *wire.Error, code wire.Code) {
	t.Helper()
	if flaw == nil || flaw.Code != code {
		t.Errorf("%v, want %s", flaw, code)
	}
}

// The approver's confirm meets a request that expired, though no timer has noted it: it is refused, and undoes the approver's side.
func TestCHAN3_ConfirmAfterExpiryUndoesTheApprover(t *testing.T) {
	p := newPair(t)
	confirm := p.approve()
	_, flaw := p.asker.Take(confirm, "back", p.asker.Expires)
	wantCode(t, flaw, wire.NotFound)
	undone := p.peer.Sent(Confirm, NoChannel, "", p.asker.Expires)
	p.peer, p.asker = undone.Record, p.asker.Tick(p.asker.Expires).Record
	p.want(Ended, Ended)
	if !undone.CloseChannel || p.peer.End != Gone || p.asker.End != Expired {
		t.Errorf("%+v; %v", undone, p.asker.End)
	}
}

// The asker withdraws while the approver says yes.
func TestCHAN3_WithdrawalCrossesApproval(t *testing.T) {
	p := newPair(t)
	withdrawal := Message{Kind: Withdraw, ID: "s1", ECI: "secret"}
	p.asker = p.asker.Finish("", noon).Record
	confirm := p.approve()
	_, flaw := p.asker.Take(confirm, "back", noon)
	wantCode(t, flaw, wire.NotFound)
	p.peer = must(p.peer.Take(withdrawal, Doorbell, noon))
	p.want(Ended, Ended)
	if late := p.peer.Sent(Confirm, NoChannel, "", noon); late.Changed {
		t.Errorf("the confirm's answer changes %+v", late)
	}
}

// The asker ends what the approver still confirms: its farewell proves the confirm, and comes first.
func TestCHAN3_EndWhileConfirming(t *testing.T) {
	p := newPair(t)
	p.asker = must(p.asker.Take(p.approve(), "back", noon))
	p.want(Established, Confirming)
	p.asker = p.asker.Finish("", noon).Record
	step, flaw := p.peer.Take(Message{Kind: Remove, ID: "s1"}, "new", noon)
	p.peer = must(step, flaw)
	p.want(Ended, Ended)
	if len(step.Stop) != 1 || step.Stop[0] != Confirm {
		t.Errorf("stops %v", step.Stop)
	}
}

// The approver ends while its confirm is still on the way, and every order of what it sends ends the asker, too.
func TestCHAN3_ApproverEndsBeforeItsConfirmArrives(t *testing.T) {
	for _, order := range [][]Kind{
		{Confirm, Remove, Refuse}, {Confirm, Refuse, Remove}, {Remove, Confirm, Refuse},
		{Remove, Refuse, Confirm}, {Refuse, Confirm, Remove}, {Refuse, Remove, Confirm}, {Remove, Confirm}, {Confirm, Refuse},
	} {
		p := newPair(t)
		confirm := p.approve()
		p.peer = p.peer.Finish("", noon).Record
		for _, kind := range order {
			m := Message{Kind: kind, ID: "s1"}
			if kind == Confirm {
				m = confirm
			}
			if step, flaw := p.asker.Take(m, "back", noon); flaw == nil {
				p.asker = step.Record
			}
		}
		p.want(Ended, Ended)
	}
}

// An event on the new channel proves the confirm, whose answer was lost.
func TestCHAN3_UseProvesTheConfirm(t *testing.T) {
	p := newPair(t)
	p.asker = must(p.asker.Take(p.approve(), "back", noon))
	used := p.peer.Used(noon)
	p.peer = used.Record
	p.want(Established, Established)
	if again := p.peer.Sent(Confirm, GivenUp, "", noon); again.Changed || p.peer.Wake() != 0 {
		t.Errorf("it still confirms: %+v", again)
	}
}

// A confirm counts once: the same again is a no-op, another channel is refused, and none comes by the doorbell or raises the dead.
func TestCHAN4_ReplayedAndForgedConfirms(t *testing.T) {
	p := newPair(t)
	confirm := p.approve()
	_, flaw := p.asker.Take(confirm, Doorbell, noon)
	wantCode(t, flaw, wire.NotFound)
	p.asker = must(p.asker.Take(confirm, "back", noon))
	if again, flaw := p.asker.Take(confirm, "back", later); flaw != nil || again.Changed || again.Record != p.asker {
		t.Errorf("again: %+v, %v", again, flaw)
	}
	_, flaw = p.asker.Take(Message{Kind: Confirm, ID: "s1", ECI: "evil"}, "back", noon)
	wantCode(t, flaw, wire.Conflict)
	_, flaw = p.asker.Finish("", noon).Record.Take(confirm, "back", noon)
	wantCode(t, flaw, wire.NotFound)
}

// The doorbell takes requests, and withdrawals that show the back channel; nothing else, in no state.
func TestCHAN2_TheDoorbellTakesRequestsAndWithdrawals(t *testing.T) {
	for _, e := range examples() {
		for _, kind := range []Kind{Confirm, Refuse, Remove} {
			_, flaw := e.Take(Message{Kind: kind, ID: "s1", ECI: "secret"}, Doorbell, later)
			wantCode(t, flaw, wire.NotFound)
		}
		_, flaw := e.Take(Message{Kind: Withdraw, ID: "s1", ECI: "guess"}, Doorbell, later)
		wantCode(t, flaw, wire.NotFound)
	}
	_, flaw := Asked(Message{Kind: Withdraw, ID: "s1"}, noon)
	wantCode(t, flaw, wire.NotFound)
}

// Nobody who asks is told a channel before approval, and what nobody answers expires.
func TestCHAN2_NoChannelBeforeApproval(t *testing.T) {
	p := newPair(t)
	if p.peer.Channel != "" || p.peer.Wake() != noon+Within {
		t.Errorf("%+v", p.peer)
	}
	expired := p.peer.Tick(p.peer.Wake())
	if len(expired.Send) != 1 || expired.Send[0].Message.Kind != Refuse || expired.Send[0].Message.Reason != "expired" || expired.CloseChannel {
		t.Errorf("%+v", expired)
	}
	_, flaw := p.peer.Approve("new", p.peer.Expires)
	wantCode(t, flaw, wire.Conflict)
}

// Two who ask each other at the same time get two subscriptions, and ending one leaves the other.
func TestCHAN3_AskingEachOtherMakesTwo(t *testing.T) {
	w := newWorld(t, 1, 2)
	w.calm = true
	a, b := w.parties[0], w.parties[1]
	w.begin(a, b)
	w.begin(b, a)
	a.verdict, b.verdict = byHand, byHand
	w.settle(true)
	for _, ask := range w.asks {
		if !w.bothOrNeither(ask) {
			t.Errorf("%s is not linked", ask.id)
		}
	}
	r, _ := a.load("s0")
	w.commit(a, r.Finish("", w.now))
	w.settle(true)
	if w.bothOrNeither(w.asks[0]) || !w.bothOrNeither(w.asks[1]) {
		t.Error("ending one ended the other, or none")
	}
}

// Whoever asks its own doorbell is told that this does not work, and nothing is left.
func TestAskingOneself(t *testing.T) {
	w := newWorld(t, 1, 1)
	w.calm = true
	a := w.parties[0]
	w.begin(a, a)
	w.settle(true)
	if r, _ := a.load("s0"); r.State != Ended || r.End != Refused || r.Reason == "" {
		t.Errorf("%+v", r)
	}
}
