package bus_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

func TestBUS1_RequestsBearTheirCallersNameAndKind(t *testing.T) {
	w := newWorld(t)
	var got actor.Message
	w.Runtime.Close()
	w.Class.Methods["Look"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) { got = *tx.Message(); return nil, nil }
	w.Class.Life[actor.Pulse] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		t.Error("a request reached Pulse")
		return nil, nil
	}
	w.Boot()
	w.must("alice", "alice/home", "Look")
	if got.Kind != actor.Call || got.From != actortest.Name("app:alice") || got.Method != "Look" {
		t.Error(got)
	}
	for _, method := range []string{"pulse", "init", "resume", "upgrade", "undone"} {
		w.want(wire.BadRequest, w.do("alice", "alice/home", method))
	}
	w.must("alice", "alice/two", "Add")
	w.must("alice", "alice/two", "Send", "app:alice/home", "Look")
	w.Until("the message", func() bool { return w.do("alice", "alice/home", "Get").Err == nil && got.Kind == actor.Send })
	if got.From != actortest.Name("app:alice/two") {
		t.Error(got.From)
	}
}

func TestRequestsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", 129)
	alice, home := bus.Caller{Owner: "alice"}, target("alice/home")
	for i, r := range []bus.Request{
		{To: home},
		{Caller: alice, To: target("alice")},
		{Caller: alice, To: target("alice/home/map")},
		{Caller: alice, To: actortest.Name("alice/home")},
		{Caller: alice, To: actortest.Name("app:alice/home@far")},
		{Caller: alice, To: home, Method: long},
		{Caller: alice, To: home, Key: bus.Key{Run: "short"}},
		{Caller: alice, To: home, Key: bus.Key{Run: long}},
		{Caller: alice, To: home, Key: bus.Key{Text: long}},
	} {
		want := wire.BadRequest
		if i == 0 {
			want = wire.Unauthenticated
		}
		w.want(want, w.Await(w.request(r)))
	}
	if w.Runtime.Active() != 0 {
		t.Error("they left something behind")
	}
}

func TestBUS2_DefaultIsTheOwnerOfTheSameApp(t *testing.T) {
	w := newWorld(t)
	w.Runtime.Close()
	w.Options.Classes = map[string]actor.Class{"app": w.Class, "evil": w.Class}
	w.Boot()
	w.must("alice", "alice/home", "Add")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.want(wire.NotAllowed, w.do("bob", "alice/home", ""))
	evil := bus.Request{Caller: bus.Caller{Owner: "alice"}, To: actortest.Name("evil:alice/x"), Method: "Send", Args: args("app:alice/home", "Add")}
	w.Must(w.Await(w.request(evil)))
	w.must("bob", "bob/home", "Send", "app:alice/home", "Add")
	w.must("alice", "alice/two", "Send", "app:alice/home", "Add")
	w.Until("the own CA's message", func() bool { return w.must("alice", "alice/home", "Get") == "2" })
	for who, denied := range map[string]string{"evil:alice/x": "0 1 0", "app:bob/home": "0 1 0", "app:alice/two": "1 0 1"} {
		w.Until(who+" in the ledger", func() bool { return w.must("alice", "alice/home", "History", who) == denied })
	}
}

func TestBUS3_RulesAndPrincipals(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	for i, c := range []struct {
		rules []string // deny|allow who methods…
		allow string   // who may get
		deny  string
	}{
		{[]string{"allow app:bob"}, "bob app:bob/home", "carol app:carol/home"},
		{[]string{"allow app:bob/home"}, "app:bob/home", "bob app:bob/other"},
		{[]string{"allow anyone Get"}, "bob carol app:dan/home", ""},
		{[]string{"allow anyone Add"}, "alice", "bob"},
		{[]string{"allow anyone", "deny app:bob Get"}, "carol", "bob app:bob/home"},
		{[]string{"deny app:bob", "allow app:bob Get"}, "", "bob"},
		{[]string{"deny anyone Get"}, "", "alice bob"},
		{[]string{"allow evil:bob"}, "", "bob app:bob/home"},
	} {
		ca := fmt.Sprint("alice/c", i)
		for _, rule := range c.rules {
			w.must("alice", ca, "Allow", strings.Fields(rule)...)
		}
		for who, want := range split(c.allow, c.deny) {
			if strings.Contains(who, "/") {
				w.checkSend(t, who, ca, want)
			} else if r := w.do(who, ca, "Get"); (r.Err == nil) != want || !want && r.Code() != wire.NotAllowed {
				t.Error(c.rules, who, r)
			}
		}
	}
}

func split(allow, deny string) map[string]bool {
	all := map[string]bool{}
	for _, who := range strings.Fields(allow) {
		all[who] = true
	}
	for _, who := range strings.Fields(deny) {
		all[who] = false
	}
	return all
}

// checkSend has a CA send "Get" and looks at what the ledger says of it.
func (w *world) checkSend(t *testing.T, who, ca string, want bool) {
	n := actortest.Name(who)
	w.must(n.Owner, n.Owner+"/"+n.Local, "Send", "app:"+ca, "Get")
	outcome := "0 1 0"
	if want {
		outcome = "1 0 1" // its receipt is a change
	}
	w.Until(fmt.Sprint(who, " at ", ca), func() bool {
		rt := w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target(ca), Method: "History", Args: args(who)}))
		return rt.Err != nil || show(rt.Result) == outcome
	})
}

func TestBUS2_RulesRevokedBetweenArrivalAndTurnDecide(t *testing.T) {
	w := newWorld(t)
	in, out := make(chan struct{}), make(chan struct{})
	w.Runtime.Close()
	w.Class.Methods["Wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	w.Boot()
	w.must("alice", "alice/home", "Allow", "allow", "app:bob")
	w.must("bob", "bob/home", "Add")
	w.must("bob", "alice/home", "Add")
	waiting := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "Wait"})
	<-in
	revoked := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "Revoke", Args: args("allow", "app:bob")})
	late := w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "Add"})
	if len(late) != 0 {
		t.Error("its arrival was refused by a rule that is not durable yet")
	}
	close(out)
	w.Must(w.Await(waiting))
	w.Must(w.Await(revoked))
	w.want(wire.NotAllowed, w.Await(late))
	if n := w.must("alice", "alice/home", "Get"); n != "1" {
		t.Error(n)
	}
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Add"))
}

func TestBUS2_ScopeThatExpiresBetweenArrivalAndTurnDecides(t *testing.T) {
	w := newWorld(t)
	in, out := make(chan struct{}), make(chan struct{})
	w.Runtime.Close()
	w.Class.Methods["Wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	w.Boot()
	waiting := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "Wait"})
	<-in
	short := bus.Caller{Owner: "alice", Scope: policy.Scope{Expires: w.Clock.Now().UnixMicro() + 1000}}
	late := w.request(bus.Request{Caller: short, To: target("alice/home"), Method: "Add"})
	w.Clock.Advance(time.Second)
	close(out)
	w.Must(w.Await(waiting))
	w.want(wire.Unauthenticated, w.Await(late))
	w.want(wire.Unauthenticated, w.Await(w.request(bus.Request{Caller: short, To: target("alice/other"), Method: "Add"})))
	narrow := bus.Caller{Owner: "alice", Scope: policy.Scope{CA: "alice/home", Methods: []string{"Get"}}}
	w.want(wire.NotAllowed, w.Await(w.request(bus.Request{Caller: narrow, To: target("alice/home"), Method: "Add"})))
	w.want("", w.Await(w.request(bus.Request{Caller: narrow, To: target("alice/home"), Method: "Get"})))
	if n := len(w.Memory.CAs()); n != 1 {
		t.Error("an expired token made a CA:", n)
	}
}

func TestBUS2_AllowedInOneTransactionIsLetInAfterItsReply(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		ca := fmt.Sprint("alice/c", i)
		w.must("alice", ca, "Add")
		w.want(wire.NotAllowed, w.do("bob", ca, "Add"))
		w.must("alice", ca, "Allow", "allow", "app:bob")
		w.must("bob", ca, "Add")
	}
}

func TestCA1_RulesRollBack(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	w.want(wire.Failed, w.do("alice", "alice/home", "AllowAndFail", "allow", "app:bob"))
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.Store.Before = func([]store.Write) error { return store.ErrConflict }
	w.want(wire.Unavailable, w.do("alice", "alice/home", "Allow", "allow", "app:bob"))
	w.Store.Before = nil
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.must("alice", "alice/home", "Allow", "allow", "app:bob")
	w.Restart()
	w.must("bob", "alice/home", "Get")
}

func TestBUS3_KnownCountsChanges(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Allow", "allow", "known 3", "Get")
	w.must("alice", "alice/home", "Allow", "allow", "anyone", "Add")
	for range 2 {
		w.must("bob", "alice/home", "Add")
		w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	}
	w.Restart()
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.must("bob", "alice/home", "Add")
	w.must("bob", "alice/home", "Get")
	w.want(wire.NotAllowed, w.do("carol", "alice/home", "Get"))
}

func TestBUS5_DecisionsAreExplained(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "Why")
	if s := w.must("bob", "alice/home", "Why"); !strings.Contains(s, "app:bob") {
		t.Error(s)
	}
	if s := w.must("alice", "alice/home", "Why"); !strings.Contains(s, "their own") {
		t.Error(s)
	}
	if r := w.do("carol", "alice/home", "Why"); r.Err == nil || !strings.Contains(r.Err.Message, "alice, decides") {
		t.Error(r)
	}
}

func TestBUS5_LedgerIsExactForChangesAndFlushesTheRestInOneBatch(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Allow", "allow", "app:bob")
	for range 5 {
		w.must("bob", "alice/home", "Add")
	}
	w.Until("quiet", w.Runtime.Quiet)
	commits := w.Store.Commits.Load()
	for i := range 20 {
		w.must("bob", "alice/home", "Get")
		w.want(wire.Failed, w.do("bob", "alice/home", "Fail"))
		w.want(wire.NotAllowed, w.do(fmt.Sprint("stranger", i%4), "alice/home", "Get")) // on arrival
	}
	w.Clock.Advance(9 * time.Second)
	w.Until("quiet", w.Runtime.Quiet)
	if n := w.Store.Commits.Load() - commits; n != 0 {
		t.Errorf("%d commits for reads and refusals", n)
	}
	w.Clock.Advance(3 * time.Second)
	w.Until("the flush", func() bool { return w.Store.Commits.Load() > commits && w.Runtime.Quiet() })
	w.Clock.Advance(time.Hour)
	w.Until("quiet", w.Runtime.Quiet)
	if n := w.Store.Commits.Load() - commits; n > 2 {
		t.Errorf("%d commits, want one batch", n)
	}
	w.Runtime.Close() // nothing is flushed by a drain
	w.Boot()
	if s := w.must("alice", "alice/home", "History", "app:bob"); s != "45 0 5" {
		t.Error(s)
	}
	for i := range 4 {
		if s := w.must("alice", "alice/home", "History", fmt.Sprint("app:stranger", i)); s != "0 5 0" {
			t.Error(s)
		}
	}
}

func TestBUS5_DrainWritesWhatIsCounted(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Add")
	w.must("alice", "alice/home", "Get")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.Restart()
	if s := w.must("alice", "alice/home", "History", "app:alice"); s != "2 0 1" && s != "3 0 1" {
		t.Error(s)
	}
	if s := w.must("alice", "alice/home", "History", "app:bob"); s != "0 1 0" {
		t.Error(s)
	}
}

func TestCA10_CAsWithPoliciesAndLedgersBecomePassive(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "Allow", "allow", "app:bob")
	w.must("bob", "alice/home", "Get")
	w.want(wire.NotAllowed, w.do("carol", "alice/home", "Get"))
	w.Until("passivation", func() bool {
		w.Clock.Advance(15 * time.Second)
		w.Until("quiet", w.Runtime.Quiet)
		return w.Runtime.Active() == 0
	})
}
