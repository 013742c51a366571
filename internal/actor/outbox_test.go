package actor_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// post makes a method that sends one message.
func post(to, method, then string) actortest.Method {
	return func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		n, err := tx.Post(actortest.Name(to), method, arg("x"))
		if then != "" {
			tx.Then(n, then)
		}
		return cbor.AppendUint(nil, n), err
	}
}

func hear(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	line := fmt.Sprint(m.Kind, " of ", m.About(), " ")
	if e := m.Failure(); e != nil {
		line += string(e.Code)
	}
	s.Log = append(s.Log, line)
	return nil, nil
}

func said(w *actortest.World, ca, method string) string {
	r := cbor.NewReader(w.Must(w.Call(ca, method, nil)))
	return r.Text()
}

func outboxOf(w *actortest.World, ca string) (n int) {
	for _, key := range w.Memory.Keys("app:" + ca) {
		if strings.HasPrefix(key, "hC") {
			n++
		}
	}
	return n
}

func TestCA3_ForgedAnswersRunNothing(t *testing.T) {
	var opened atomic.Bool
	gate := &actortest.Gate{OnAdmit: func(m *actor.Message) *wire.Error {
		if m.Kind == actor.Send && !opened.Load() {
			return wire.Retry(wire.Unavailable, "not now", 1)
		}
		return nil
	}}
	m := counter()
	m["ask"], m["hear"], m["log"] = post("app:bob/home", "get", "hear"), hear, showLog
	w := actortest.NewWorld(t, m)
	w.Options.Gate = gate
	w.Class.Life[actor.Undone] = hear
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	number := uint64(number(w.Call("alice/home", "ask", nil)))
	alice := actortest.Name("app:alice/home")
	w.Until("rest", w.Runtime.Quiet)
	for _, f := range []*actor.Message{
		actor.Forged(w.Runtime, &actor.Message{Kind: actor.Answer, From: actortest.Name("app:mallory/home"), To: alice, Method: "hear"}, number, nil, nil),
		actor.Forged(w.Runtime, &actor.Message{Kind: actor.Answer, From: actortest.Name("app:bob/home"), To: alice, Method: "add"}, number, nil, nil),
		actor.Forged(w.Runtime, &actor.Message{Kind: actor.Answer, From: actortest.Name("app:bob/home"), To: alice, Method: "hear"}, number+1, nil, nil),
		actor.Forged(w.Runtime, &actor.Message{Kind: actor.Undone, From: actortest.Name("app:bob/home"), To: alice}, number, nil, errFailed),
	} {
		done := make(chan *wire.Error, 1)
		f.Reply = func(_ []byte, err *wire.Error) { done <- err }
		w.Runtime.Deliver(f)
		<-done
	}
	if got := (talk{}).log(w, "alice/home"); got != "[]" || outboxOf(w, "alice/home") != 1 {
		t.Error("a forged answer ran, or took the message away:", got, outboxOf(w, "alice/home"))
	}
	opened.Store(true)
	w.Until("the true answer", func() bool {
		w.Clock.Advance(time.Second)
		return (talk{}).log(w, "alice/home") == "[answer of get ]"
	})
}

var errFailed = wire.Err(wire.Failed, "x")

func TestCA3_WhateverBecomesOfASendItsSenderHears(t *testing.T) {
	m := counter()
	m["hear"], m["log"] = hear, showLog
	for name, to := range map[string]string{"ok": "app:bob/home add", "fails": "app:bob/home fail", "refused": "app:bob/home secret", "turned": "app:bob/home shut",
		"nobody": "app:bob/none add", "noapp": "other:bob/home add", "self": "app:alice/home add", "host": "app:bob/home@far add"} {
		ca, method, _ := strings.Cut(to, " ")
		m[name], m[name+"?"] = post(ca, method, ""), post(ca, method, "hear")
	}
	w := actortest.NewWorld(t, m)
	deny := func(method string) func(*actor.Message) *wire.Error {
		return func(m *actor.Message) *wire.Error {
			if m.Method == method {
				return wire.Err(wire.NotAllowed, "no")
			}
			return nil
		}
	}
	w.Options.Gate = &actortest.Gate{OnArrive: deny("shut"), OnAdmit: deny("secret")}
	w.Class.Life[actor.Undone] = hear
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	for _, c := range []struct{ method, want string }{
		{"ok", "[]"}, {"ok?", "[answer of add ]"}, {"fails", "[undone of fail failed]"}, {"fails?", "[answer of fail failed]"},
		{"refused", "[undone of secret not_allowed]"}, {"refused?", "[answer of secret not_allowed]"},
		{"turned", "[undone of shut not_allowed]"}, {"turned?", "[answer of shut not_allowed]"},
		{"nobody", "[undone of add not_found]"}, {"nobody?", "[answer of add not_found]"},
		{"noapp", "[undone of add not_found]"}, {"noapp?", "[answer of add not_found]"}, {"host?", "[answer of add not_found]"},
		{"self", "[]"}, {"self?", "[answer of add ]"},
	} {
		t.Run(c.method, func(t *testing.T) {
			sender := "alice/home"
			if !strings.HasPrefix(c.method, "self") {
				sender = "alice/" + strings.TrimSuffix(c.method, "?") + fmt.Sprint(len(c.method))
			}
			w.Must(w.Call(sender, c.method, nil))
			w.Until("the end of it", func() bool {
				w.Clock.Advance(200 * time.Millisecond)
				return outboxOf(w, sender) == 0 && outboxOf(w, "bob/home") == 0
			})
			w.Restart()
			w.Clock.Advance(time.Minute)
			if got := (talk{}).log(w, sender); got != c.want {
				t.Error(got)
			}
		})
	}
}

func TestCA3_AnswersOfUnavailableMethodsAreFinal(t *testing.T) {
	m := counter()
	runs := 0
	m["busy"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		runs++
		return nil, wire.Retry(wire.Unavailable, "somebody else is", 1)
	}
	m["ask"], m["tell"], m["hear"], m["log"] = post("app:alice/two", "busy", "hear"), post("app:alice/two", "busy", ""), hear, showLog
	w := actortest.NewWorld(t, m)
	w.Class.Life[actor.Undone] = hear
	w.Boot()
	w.Must(w.Call("alice/home", "ask", nil))
	w.Must(w.Call("alice/home", "tell", nil))
	w.Until("both to be heard", func() bool {
		return (talk{}).log(w, "alice/home") == "[answer of busy unavailable undone of busy unavailable]"
	})
	w.Clock.Advance(time.Minute)
	w.Until("rest", w.Runtime.Quiet)
	if runs != 2 {
		t.Error("ran", runs, "times")
	}
}

func TestCA3_DeadLettersAfterSevenDays(t *testing.T) {
	m := counter()
	m["ask"], m["tell"], m["hear"], m["log"] = post("app:bob/home", "add", "hear"), post("app:bob/home", "add", ""), hear, showLog
	m["dead"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		var all []string
		err := tx.DeadLetters(func(d actor.DeadLetter) error {
			all = append(all, d.To.Owner+" "+d.Method)
			return nil
		})
		return cbor.AppendText(nil, fmt.Sprint(all)), err
	}
	w := actortest.NewWorld(t, m)
	w.Options.Gate = &actortest.Gate{OnArrive: func(m *actor.Message) *wire.Error {
		if m.Kind == actor.Send {
			return wire.Retry(wire.Overloaded, "full", 100)
		}
		return nil
	}}
	w.Class.Life[actor.Undone] = hear
	w.Boot()
	w.Must(w.Call("bob/home", "get", nil))
	w.Must(w.Call("alice/home", "ask", nil))
	w.Must(w.Call("alice/home", "tell", nil))
	for range 6 * 24 * 2 {
		w.Clock.Advance(30 * time.Minute)
	}
	w.Until("rest", w.Runtime.Quiet)
	if outboxOf(w, "alice/home") != 2 {
		t.Fatal("given up too early")
	}
	w.Restart()
	for range 24*2 + 2 {
		w.Clock.Advance(30 * time.Minute)
	}
	w.Until("giving up", func() bool {
		w.Clock.Advance(time.Minute)
		return outboxOf(w, "alice/home") == 0
	})
	if got := (talk{}).log(w, "alice/home"); got != "[answer of add unavailable undone of add unavailable]" {
		t.Error(got)
	}
	if got := said(w, "alice/home", "dead"); got != "[bob add bob add]" {
		t.Errorf("dead letters: %s", got)
	}
	if n := number(w.Call("bob/home", "get", nil)); n != 0 {
		t.Error(n)
	}
}

func TestCA3_FullMailboxIsTriedAgainInOrder(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	m := methods{"record": record, "log": showLog, "n": get}
	m["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	m["flood"] = func(tx *actor.Tx, s *state, _ *actor.Message) ([]byte, error) {
		for range actor.MaxWaiting / 2 {
			s.N++
			if _, err := tx.Post(actortest.Name("app:bob/home"), "record", arg(fmt.Sprint(s.N))); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	waiting := w.Send("bob", "bob/home", "wait", nil)
	<-in
	for range 4 {
		w.Must(w.Call("alice/home", "flood", nil))
	}
	w.Clock.Advance(time.Second)
	close(out)
	w.Await(waiting)
	var want []string
	for i := range 4 * actor.MaxWaiting / 2 {
		want = append(want, fmt.Sprint("alice", i+1))
	}
	w.Until("all to arrive in order", func() bool {
		w.Clock.Advance(time.Second)
		w.Until("quiet", w.Runtime.Quiet)
		return talk{}.log(w, "bob/home") == fmt.Sprint(want)
	})
}

func TestPostRefusesWhatIsNoCA(t *testing.T) {
	m := counter()
	for _, to := range []string{"app:bob", "bob/home", "bob/home/map", "bob", "app:forum/a/b"} {
		m[to] = post(to, "get", "")
	}
	w := actortest.NewWorld(t, m).Boot()
	for to := range m {
		if r := w.Call("alice/home", to, nil); m[to] != nil && strings.Contains(to, "bob") && r.Code() != wire.BadRequest {
			t.Error(to, r)
		}
	}
}
