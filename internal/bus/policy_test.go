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
	w.Class.Methods["look"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) { got = *tx.Message(); return nil, nil }
	w.Class.Life[actor.Pulse] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		t.Error("a request reached Pulse")
		return nil, nil
	}
	w.Boot()
	w.must("alice", "alice/home", "look")
	if got.Kind != actor.Call || got.From != actortest.Name("app:alice") || got.Method != "look" {
		t.Error(got)
	}
	for _, method := range []string{"pulse", "init", "resume", "upgrade", "undone"} {
		w.want(wire.BadRequest, w.do("alice", "alice/home", method))
	}
	w.must("alice", "alice/two", "add")
	w.must("alice", "alice/two", "send", "app:alice/home", "look")
	w.Until("the message", func() bool { return w.do("alice", "alice/home", "get").Err == nil && got.Kind == actor.Send })
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
	w.must("alice", "alice/home", "add")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	w.want(wire.NotAllowed, w.do("bob", "alice/home", ""))
	evil := bus.Request{Caller: bus.Caller{Owner: "alice"}, To: actortest.Name("evil:alice/x"), Method: "send", Args: args("app:alice/home", "add")}
	w.Must(w.Await(w.request(evil)))
	w.must("bob", "bob/home", "send", "app:alice/home", "add")
	w.must("alice", "alice/two", "send", "app:alice/home", "add")
	w.Until("the own CA's message", func() bool { return w.must("alice", "alice/home", "get") == "2" })
	for who, denied := range map[string]string{"evil:alice/x": "0 1 0", "app:bob/home": "0 1 0", "app:alice/two": "1 0 1"} {
		w.Until(who+" in the ledger", func() bool { return w.must("alice", "alice/home", "history", who) == denied })
	}
}

func TestBUS3_RulesAndPrincipals(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "add")
	for i, c := range []struct {
		rules []string // deny|allow who methods…
		allow string   // who may get
		deny  string
	}{
		{[]string{"allow app:bob"}, "bob app:bob/home", "carol app:carol/home"},
		{[]string{"allow app:bob/home"}, "app:bob/home", "bob app:bob/other"},
		{[]string{"allow anyone get"}, "bob carol app:dan/home", ""},
		{[]string{"allow anyone add"}, "alice", "bob"},
		{[]string{"allow anyone", "deny app:bob get"}, "carol", "bob app:bob/home"},
		{[]string{"deny app:bob", "allow app:bob get"}, "", "bob"},
		{[]string{"deny anyone get"}, "", "alice bob"},
		{[]string{"allow evil:bob"}, "", "bob app:bob/home"},
	} {
		ca := fmt.Sprint("alice/c", i)
		for _, rule := range c.rules {
			w.must("alice", ca, "allow", strings.Fields(rule)...)
		}
		for who, want := range split(c.allow, c.deny) {
			if strings.Contains(who, "/") {
				w.checkSend(t, who, ca, want)
			} else if r := w.do(who, ca, "get"); (r.Err == nil) != want || !want && r.Code() != wire.NotAllowed {
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

// checkSend has a CA send "get" and looks at what the ledger says of it.
func (w *world) checkSend(t *testing.T, who, ca string, want bool) {
	n := actortest.Name(who)
	w.must(n.Owner, n.Owner+"/"+n.Local, "send", "app:"+ca, "get")
	outcome := "0 1 0"
	if want {
		outcome = "1 0 1" // its receipt is a change
	}
	w.Until(fmt.Sprint(who, " at ", ca), func() bool {
		rt := w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target(ca), Method: "history", Args: args(who)}))
		return rt.Err != nil || show(rt.Result) == outcome
	})
}

func TestBUS2_RulesRevokedBetweenArrivalAndTurnDecide(t *testing.T) {
	w := newWorld(t)
	in, out := make(chan struct{}), make(chan struct{})
	w.Runtime.Close()
	w.Class.Methods["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	w.Boot()
	w.must("alice", "alice/home", "allow", "allow", "app:bob")
	w.must("bob", "bob/home", "add")
	w.must("bob", "alice/home", "add")
	waiting := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "wait"})
	<-in
	revoked := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "revoke", Args: args("allow", "app:bob")})
	late := w.request(bus.Request{Caller: bus.Caller{Owner: "bob"}, To: target("alice/home"), Method: "add"})
	if len(late) != 0 {
		t.Error("its arrival was refused by a rule that is not durable yet")
	}
	close(out)
	w.Must(w.Await(waiting))
	w.Must(w.Await(revoked))
	w.want(wire.NotAllowed, w.Await(late))
	if n := w.must("alice", "alice/home", "get"); n != "1" {
		t.Error(n)
	}
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "add"))
}

func TestBUS2_ScopeThatExpiresBetweenArrivalAndTurnDecides(t *testing.T) {
	w := newWorld(t)
	in, out := make(chan struct{}), make(chan struct{})
	w.Runtime.Close()
	w.Class.Methods["wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	w.Boot()
	waiting := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "wait"})
	<-in
	short := bus.Caller{Owner: "alice", Scope: policy.Scope{Expires: w.Clock.Now().UnixMicro() + 1000}}
	late := w.request(bus.Request{Caller: short, To: target("alice/home"), Method: "add"})
	w.Clock.Advance(time.Second)
	close(out)
	w.Must(w.Await(waiting))
	w.want(wire.Unauthenticated, w.Await(late))
	w.want(wire.Unauthenticated, w.Await(w.request(bus.Request{Caller: short, To: target("alice/other"), Method: "add"})))
	narrow := bus.Caller{Owner: "alice", Scope: policy.Scope{CA: "alice/home", Methods: []string{"get"}}}
	w.want(wire.NotAllowed, w.Await(w.request(bus.Request{Caller: narrow, To: target("alice/home"), Method: "add"})))
	w.want("", w.Await(w.request(bus.Request{Caller: narrow, To: target("alice/home"), Method: "get"})))
	if n := len(w.Memory.CAs()); n != 1 {
		t.Error("an expired token made a CA:", n)
	}
}

func TestBUS2_AllowedInOneTransactionIsLetInAfterItsReply(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		ca := fmt.Sprint("alice/c", i)
		w.must("alice", ca, "add")
		w.want(wire.NotAllowed, w.do("bob", ca, "add"))
		w.must("alice", ca, "allow", "allow", "app:bob")
		w.must("bob", ca, "add")
	}
}

func TestCA1_RulesRollBack(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "add")
	w.want(wire.Failed, w.do("alice", "alice/home", "allowAndFail", "allow", "app:bob"))
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	w.Store.Before = func([]store.Write) error { return store.ErrConflict }
	w.want(wire.Unavailable, w.do("alice", "alice/home", "allow", "allow", "app:bob"))
	w.Store.Before = nil
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	w.must("alice", "alice/home", "allow", "allow", "app:bob")
	w.Restart()
	w.must("bob", "alice/home", "get")
}

func TestBUS3_KnownCountsChanges(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "allow", "allow", "known 3", "get")
	w.must("alice", "alice/home", "allow", "allow", "anyone", "add")
	for range 2 {
		w.must("bob", "alice/home", "add")
		w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	}
	w.Restart()
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	w.must("bob", "alice/home", "add")
	w.must("bob", "alice/home", "get")
	w.want(wire.NotAllowed, w.do("carol", "alice/home", "get"))
}

func TestBUS5_DecisionsAreExplained(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "allow", "allow", "app:bob", "why")
	if s := w.must("bob", "alice/home", "why"); !strings.Contains(s, "app:bob") {
		t.Error(s)
	}
	if s := w.must("alice", "alice/home", "why"); !strings.Contains(s, "their own") {
		t.Error(s)
	}
	if r := w.do("carol", "alice/home", "why"); r.Err == nil || !strings.Contains(r.Err.Message, "alice, decides") {
		t.Error(r)
	}
}

func TestBUS5_LedgerIsExactForChangesAndFlushesTheRestInOneBatch(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "allow", "allow", "app:bob")
	for range 5 {
		w.must("bob", "alice/home", "add")
	}
	w.Until("quiet", w.Runtime.Quiet)
	commits := w.Store.Commits.Load()
	for i := range 20 {
		w.must("bob", "alice/home", "get")
		w.want(wire.Failed, w.do("bob", "alice/home", "fail"))
		w.want(wire.NotAllowed, w.do(fmt.Sprint("stranger", i%4), "alice/home", "get")) // on arrival
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
	if s := w.must("alice", "alice/home", "history", "app:bob"); s != "45 0 5" {
		t.Error(s)
	}
	for i := range 4 {
		if s := w.must("alice", "alice/home", "history", fmt.Sprint("app:stranger", i)); s != "0 5 0" {
			t.Error(s)
		}
	}
}

func TestBUS5_DrainWritesWhatIsCounted(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "add")
	w.must("alice", "alice/home", "get")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "get"))
	w.Restart()
	if s := w.must("alice", "alice/home", "history", "app:alice"); s != "2 0 1" && s != "3 0 1" {
		t.Error(s)
	}
	if s := w.must("alice", "alice/home", "history", "app:bob"); s != "0 1 0" {
		t.Error(s)
	}
}

func TestCA10_CAsWithPoliciesAndLedgersBecomePassive(t *testing.T) {
	w := newWorld(t)
	w.must("alice", "alice/home", "allow", "allow", "app:bob")
	w.must("bob", "alice/home", "get")
	w.want(wire.NotAllowed, w.do("carol", "alice/home", "get"))
	w.Until("passivation", func() bool {
		w.Clock.Advance(15 * time.Second)
		w.Until("quiet", w.Runtime.Quiet)
		return w.Runtime.Active() == 0
	})
}
