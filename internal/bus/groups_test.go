package bus_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// club is the one group of a test.
type club struct {
	mu      sync.Mutex
	members map[string]policy.Answer
	asked   []bus.Reader
}

const clubName = "app:alice/home/club"

func (c *club) Member(r bus.Reader, group, principal name.Name, depth int) policy.Membership {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, r)
	if group.String() != clubName || depth != policy.DefaultDepth {
		return policy.Membership{Answer: policy.No}
	}
	return policy.Membership{Answer: c.members[principal.String()], Chain: policy.ChainOf(clubName)}
}

func (c *club) set(principal string, a policy.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.members[principal] = a
}

func newClub(t *testing.T) (*world, *club) {
	w, c := newWorld(t), &club{members: map[string]policy.Answer{"app:eve": policy.No, "app:eve/home": policy.No}}
	w.Runtime.Close()
	w.gate.Groups, w.gate.Read = c, w.Memory.Get
	w.reboot()
	return w, c
}

func (w *world) reboot() {
	w.Boot()
	w.gate.Attach(w.Runtime)
}

func (w *world) standing(caller, item string) string {
	return string(w.gate.Standing(target("alice/home"), actortest.Name(caller), item, bus.Reader{}).Code)
}

func TestBUS4_RulesAboutGroupsAskInTheTurn(t *testing.T) {
	w, c := newClub(t)
	w.must("alice", "alice/home", "Allow", "allow", "#alice/home/club", "Get", "Why")
	w.want(wire.Unavailable, w.do("bob", "alice/home", "Get"))
	c.set("app:bob", policy.Yes)
	w.must("bob", "alice/home", "Get")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Add"))
	w.want(wire.NotAllowed, w.do("eve", "alice/home", "Get"))
	if s := w.must("bob", "alice/home", "Why"); s != "app:bob may call Why of app:alice/home: rule 1 allows the methods Get, Why to the group app:alice/home/club, through "+clubName+"." {
		t.Error(s)
	}
	c.set("app:bob", policy.No)
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	for _, r := range c.asked {
		if r.CA != target("alice/home") || r.Turn == nil || r.Turn.Name() != r.CA || r.Nested != 0 || !r.Look() {
			t.Error(r)
		}
	}
	if s := w.must("alice", "alice/home", "History", "app:bob"); s != "2 2 0" { // what is not known is no denial
		t.Error(s)
	}
}

func TestBUS4_ADenyByGroupWins(t *testing.T) {
	w, c := newClub(t)
	w.must("alice", "alice/home", "Allow", "allow", "anyone")
	w.must("alice", "alice/home", "Allow", "deny", "#alice/home/club", "Get")
	w.want(wire.Unavailable, w.do("alice", "alice/home", "Get"))
	c.set("app:alice", policy.No)
	c.set("app:bob", policy.Yes)
	c.set("app:dan", policy.Closed)
	w.must("alice", "alice/home", "Get")
	w.must("eve", "alice/home", "Get")
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.must("bob", "alice/home", "Add")
	w.want(wire.Unavailable, w.do("dan", "alice/home", "Get"))
}

func TestMAP10_AskingToReadIsDecidedAndCountedAndRunsNothing(t *testing.T) {
	w := newWorld(t)
	w.Runtime.Close()
	w.Class.Methods["board"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		t.Error("a map's label was run as a method")
		return nil, nil
	}
	w.Boot()
	read := func(owner, ca string, scope policy.Scope) actortest.Reply {
		return w.Await(w.request(bus.Request{Caller: bus.Caller{Owner: owner, Scope: scope}, To: target(ca), Method: "board"}))
	}
	w.want("", read("alice", "alice/home", policy.Scope{}))
	w.want(wire.NotAllowed, read("bob", "alice/home", policy.Scope{}))
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "board")
	w.want("", read("bob", "alice/home", policy.Scope{}))
	w.want(wire.NotAllowed, w.do("bob", "alice/home", "Get"))
	w.want("", read("bob", "alice/home", policy.Scope{Methods: []string{"board"}}))
	w.want(wire.NotAllowed, read("bob", "alice/home", policy.Scope{Methods: []string{"Get"}}))
	w.want(wire.NotAllowed, read("bob", "alice/home", policy.Scope{CA: "alice/other"}))
	w.must("alice", "alice/home", "Revoke", "allow", "app:bob", "board")
	w.want(wire.NotAllowed, read("bob", "alice/home", policy.Scope{}))
	w.want(wire.NotFound, read("bob", "alice/none", policy.Scope{}))
	if s := w.must("alice", "alice/home", "History", "app:bob"); s != "2 3 0" {
		t.Error(s)
	}
	commits := w.Store.Commits.Load()
	w.want("", read("alice", "alice/home", policy.Scope{}))
	if n := w.Store.Commits.Load() - commits; n != 0 {
		t.Error("reading wrote", n)
	}
}

func TestBUS2_StandingDecisionsNeedNoTurn(t *testing.T) {
	w, c := newClub(t)
	in, out := make(chan struct{}), make(chan struct{})
	w.Class.Methods["Wait"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { close(in); <-out; return nil, nil }
	if w.standing("app:alice", "board") != "" || w.standing("app:bob", "board") != "not_allowed" {
		t.Error("a CA that is not there yet is its owner's")
	}
	w.must("alice", "alice/home", "Allow", "allow", "#alice/home/club", "board")
	w.must("alice", "alice/home", "Allow", "allow", "known 2", "notes")
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "Add")
	c.set("app:carol", policy.Yes)
	c.asked = nil
	check := func(when string) {
		t.Helper()
		for question, want := range map[string]string{
			"app:alice board": "", "app:carol board": "", "app:carol notes": "not_allowed", "app:dan board": "unavailable", "app:eve board": "not_allowed", "other:carol board": "unavailable",
		} {
			var who, item string
			_, _ = fmt.Sscan(question, &who, &item)
			if got := w.standing(who, item); got != want {
				t.Errorf("%s: %s: %q, want %q", when, question, got, want)
			}
		}
		for _, r := range c.asked {
			if r.Turn != nil || r.CA != target("alice/home") {
				t.Error(r)
			}
		}
		c.asked = nil
	}
	check("in memory")
	waiting := w.request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target("alice/home"), Method: "Wait"})
	<-in
	check("while a method blocks")
	close(out)
	w.Must(w.Await(waiting))
	w.Restart()
	w.gate.Attach(w.Runtime)
	check("not in memory")
	w.must("bob", "alice/home", "Add")
	if w.standing("app:bob", "notes") != "not_allowed" {
		t.Error("once is not twice")
	}
	w.must("bob", "alice/home", "Add")
	if w.standing("app:bob", "notes") != "" {
		t.Error("whoever has changed something twice is known")
	}
}

func TestBUS2_RulesThatCannotBeReadLeaveADecisionOpen(t *testing.T) {
	g := &bus.Gate{Read: func(string, []byte) ([]byte, error) { return nil, fmt.Errorf("broken") }}
	d := g.Standing(target("alice/home"), actortest.Name("app:alice"), "board", bus.Reader{})
	if d.Allowed || d.Code != wire.Unavailable || d.Refusal() == nil {
		t.Error(d)
	}
	g.Read = func(string, []byte) ([]byte, error) { return []byte{0xff}, nil }
	if d := g.Standing(target("alice/home"), actortest.Name("app:alice"), "board", bus.Reader{}); d.Code != wire.Unavailable {
		t.Error(d)
	}
}

// Whoever is told of changed rules sees them, and not before they are durable.
func TestBUS2_ChangedRulesAreAnnouncedWhenTheyHold(t *testing.T) {
	w, _ := newClub(t)
	w.Runtime.Close()
	seen := make(chan string, 10)
	w.gate.RulesChanged = func(ca name.Name) { seen <- ca.String() + " " + w.standing("app:bob", "board") }
	w.reboot()
	w.must("alice", "alice/home", "Add")
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "board")
	w.want(wire.Failed, w.do("alice", "alice/home", "AllowAndFail", "deny", "app:bob"))
	w.must("alice", "alice/home", "Allow", "allow", "app:bob", "board") // again: no change
	w.must("alice", "alice/home", "Revoke", "allow", "app:bob", "board")
	w.must("alice", "alice/home", "Revoke", "allow", "app:bob", "board")
	w.must("alice", "alice/home", "Allow", "allow", "app:bob")
	w.must("alice", "alice/home", "End")
	w.Until("the end", func() bool { return len(seen) >= 4 })
	for i, want := range []string{"", "not_allowed", "", "not_allowed"} {
		if got := <-seen; got != "app:alice/home "+want {
			t.Errorf("%d: %q, want %q", i, got, want)
		}
	}
	if len(seen) != 0 {
		t.Error("also", <-seen)
	}
}

// maze is a group whose every look rests on another decision about the same group.
type maze struct {
	gate          *bus.Gate
	looks, nested int
}

func (m *maze) Member(r bus.Reader, _, principal name.Name, _ int) policy.Membership {
	m.nested = max(m.nested, r.Nested)
	for range 3 {
		if !r.Look() {
			return policy.Membership{}
		}
		m.looks++
		m.gate.Standing(target("alice/home"), principal, "Get", r)
	}
	return policy.Membership{Answer: policy.No}
}

func TestBUS4_OneDecisionLooksIntoAThousandGroupsWithAllThatItRestsOn(t *testing.T) {
	w, _ := newClub(t)
	w.must("alice", "alice/home", "Allow", "allow", "#alice/home/club", "Get")
	m := &maze{gate: w.gate}
	w.Runtime.Close()
	w.gate.Groups = m
	w.reboot()
	for _, decide := range []func(){
		func() { w.want(wire.Unavailable, w.do("bob", "alice/home", "Get")) },
		func() {
			if w.standing("app:bob", "Get") != "unavailable" {
				t.Error("it was decided")
			}
		},
	} {
		m.looks, m.nested = 0, 0
		decide()
		if m.looks != policy.MaxGroups || m.nested != policy.MaxGroups {
			t.Errorf("%d looks, %d deep", m.looks, m.nested)
		}
	}
}
