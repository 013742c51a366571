package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// hall has a meeting room.
type hall struct{ Heard []string }

func (h *hall) Open(tx *Tx) error              { return tx.Call("room").Open() }
func (h *hall) Close(tx *Tx) error             { return tx.Call("room").Close() }
func (h *hall) Admit(tx *Tx, who string) error { return tx.Call("room").Admit(who) }
func (h *hall) Watch(tx *Tx, who string) error { return tx.Call("room").AdmitTo(Principal(who), Enter) }
func (h *hall) AdmitAs(tx *Tx, who, may string) error {
	return tx.Call("room").AdmitTo(Principal(who), Right(may))
}
func (h *hall) AdmitGuests(tx *Tx) error          { return tx.Call("room").AdmitTo(Group("guests")) }
func (h *hall) Invite(tx *Tx, who string) error   { return tx.Map("guests").Set(who, true) }
func (h *hall) Uninvite(tx *Tx, who string) error { _, err := tx.Map("guests").Delete(who); return err }
func (h *hall) Remove(tx *Tx, who string) error   { return tx.Call("room").Remove(who) }
func (h *hall) Lock(tx *Tx, on bool) error        { return tx.Call("room").Lock(on) }
func (h *hall) Limit(tx *Tx, n int) error         { return tx.Call("room").Limit(n) }
func (h *hall) Mode(tx *Tx, mode string) error    { return tx.Call("room").Mode(mode) }
func (h *hall) Mute(tx *Tx, who string, what []string) error {
	return tx.Call("room").Mute(who, what...)
}
func (h *hall) Unmute(tx *Tx, who string) error { return tx.Call("room").Unmute(who) }
func (h *hall) End(tx *Tx)                      { tx.Destroy() }
func (h *hall) Hears(tx *Tx) []string           { return h.Heard }
func (h *hall) Named(tx *Tx, room string) error { return tx.Call(room).Open() }
func (h *hall) Rooms(tx *Tx) []string           { return append([]string{}, tx.Rooms()...) }

func (h *hall) OpenAndFail(tx *Tx) error {
	return errors.Join(tx.Call("room").Open(), errors.New("not today"))
}

func (h *hall) People(tx *Tx) []string {
	all := []string{}
	for _, p := range tx.Call("room").People() {
		all = append(all, p.Principal+"/"+p.Name)
	}
	slices.Sort(all)
	return all
}

func (h *hall) OnCall(tx *Tx, e CallEvent) error {
	sign := "-"
	if e.Joined {
		sign = "+"
	}
	h.Heard = append(h.Heard, sign+e.Who.Owner)
	return nil
}

func newHall(t *testing.T) *stage {
	s := &stage{kit: newKit(t, App{Name: "hall", New: func() CA { return new(hall) }})}
	s.serveHTTP()
	return s
}

// guest is a client in alice's room.
type guest struct {
	s    *stage
	c    *client.Client
	call *client.Call
	http http.Transport

	mu     sync.Mutex
	conns  []net.Conn
	opened []sfu.Opened
	again  int // how often it was resumed
	heard  []sfu.Signal
	people []string
	may    []string
}

func (s *stage) join(owner, name string) (*guest, error) {
	return s.joinAs(owner, name, policy.Scope{})
}

func (s *stage) joinAs(owner, name string, scope policy.Scope) (*guest, error) {
	s.t.Helper()
	g := &guest{s: s}
	g.http.DialContext = g.dial
	c, err := client.Dial(s.t.Context(), s.url, client.Options{Token: s.token(owner, scope), HTTP: &http.Client{Transport: &g.http}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close(); g.http.CloseIdleConnections() })
	g.c = c
	g.call, err = c.Call(s.t.Context(), "hall:alice/home/room", client.CallOptions{Hello: sfu.Hello{Name: name}, OnOpened: g.onOpened, OnSignal: g.onSignal})
	return g, err
}

// joins is join, where nobody is refused.
func (s *stage) joins(owner, name string) *guest {
	s.t.Helper()
	g, err := s.join(owner, name)
	if err != nil {
		s.t.Fatal(err)
	}
	return g
}

// turnedAway is join, where the room refuses.
func (s *stage) turnedAway(owner string, code wire.Code) {
	s.t.Helper()
	g, err := s.join(owner, owner)
	if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Code != code {
		s.t.Fatalf("%s joins: %v, want %s", owner, err, code)
	}
	g.c.Close()
}

func (g *guest) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.conns = append(g.conns, conn)
	}
	return conn, err
}

// cut breaks the guest's connection.
func (g *guest) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, conn := range g.conns {
		conn.Close()
	}
}

func (g *guest) onOpened(o client.CallOpened) {
	var p sfu.Opened
	if err := client.Decode(o.Payload, &p); err != nil {
		g.s.t.Error(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened = append(g.opened, p); o.Resumed {
		g.again++
	}
	g.seePeople(p.People)
	g.may = p.May
}

func (g *guest) onSignal(payload []byte) {
	sig, err := sfu.Decode(payload)
	if err != nil {
		g.s.t.Error(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.heard = append(g.heard, sig)
	switch sig := sig.(type) {
	case sfu.People:
		g.seePeople(sig.People)
	case sfu.May:
		g.may = sig.May
	}
}

func (g *guest) seePeople(all []sfu.Person) {
	g.people = nil
	for _, p := range all {
		g.people = append(g.people, strings.TrimPrefix(p.Principal, "hall:")+"/"+p.Name)
	}
	slices.Sort(g.people)
}

// sees waits until the guest knows exactly these people to be in the room.
func (g *guest) sees(want ...string) {
	g.s.t.Helper()
	defer func() {
		if g.s.t.Failed() {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.s.t.Logf("seen are %v, and in the room %v", g.people, g.s.calls.People(name.Name{App: "hall", Owner: "alice", Local: "home", Item: "room"}))
		}
	}()
	g.s.until(fmt.Sprintf("%v are seen", want), func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return slices.Equal(g.people, want)
	})
}

// waitFor waits for a signal.
func (g *guest) waitFor(what string, is func(sfu.Signal) bool) {
	g.s.t.Helper()
	g.s.until(what, func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return slices.ContainsFunc(g.heard, is)
	})
}

// isOut waits until the guest's call has ended, with a code.
func (g *guest) isOut(code wire.Code) {
	g.s.t.Helper()
	g.s.until("the call ends", func() bool {
		state, _ := g.call.State()
		return state == client.CallEnded
	})
	_, err := g.call.State()
	if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Code != code {
		g.s.t.Fatalf("the call ended with %v, want %s", err, code)
	}
}

func TestCALL1_PolicyDecidesWhoEnters(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Rooms", "[]", "[]")
	s.turnedAway("alice", wire.NotFound) // it is closed
	s.turnedAway("bob", wire.NotAllowed)
	s.refused("alice", "hall/alice/home/OpenAndFail", "[]", "failed")
	s.turnedAway("alice", wire.NotFound)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Rooms", "[]", `["room"]`)
	alice := s.joins("alice", "A")
	alice.sees("alice/A")
	s.turnedAway("bob", wire.NotAllowed)
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	bob := s.joins("bob", "B")
	bob.sees("alice/A", "bob/B")
	alice.sees("alice/A", "bob/B")
	s.want("alice", "hall/alice/home/People", "[]", `["alice/A","bob/B"]`)
	s.want("alice", "hall/alice/home/Remove", `["bob"]`, "null")
	bob.isOut(wire.NotAllowed)
	alice.sees("alice/A")
	s.turnedAway("bob", wire.NotAllowed)
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.joins("bob", "B again").sees("alice/A", "bob/B again")
	if a := s.refused("alice", "hall/alice/home/Remove", `["alice/home"]`, "failed"); !strings.Contains(a.Error.Message, "Close it") {
		t.Error(a.Error.Message)
	}
}

func TestCALL1_RightsOfThoseInTheRoomChange(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Watch", `["bob"]`, "null")
	bob := s.joins("bob", "B")
	may := func(want ...string) {
		t.Helper()
		s.until(fmt.Sprintf("rights %v", want), func() bool {
			bob.mu.Lock()
			defer bob.mu.Unlock()
			return slices.Equal(bob.may, want)
		})
	}
	may()
	if err := bob.call.Send(map[string]any{"t": "act", "action": 1, "at": 0}); err != nil {
		t.Fatal(err)
	}
	bob.waitFor("the refusal of an act", func(sig sfu.Signal) bool {
		r, ok := sig.(sfu.Refused)
		return ok && r.Action == 1 && r.Code == string(wire.NotAllowed)
	})
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	may("publish", "share", "act")
	if err := bob.call.Send(map[string]any{"t": "act", "action": 2, "at": 0, "value": "lamp"}); err != nil {
		t.Fatal(err)
	}
	bob.waitFor("the act", func(sig sfu.Signal) bool {
		a, ok := sig.(sfu.Act)
		return ok && a.Action == 2 && a.Principal == "hall:bob" && a.Member == bob.call.Member() && a.At != 0
	})
	s.want("alice", "hall/alice/home/Watch", `["bob"]`, "null")
	may()
}

func TestCALL1_AGroupBehindTheRulesCounts(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/AdmitGuests", "[]", "null")
	s.turnedAway("bob", wire.NotAllowed)
	s.want("alice", "hall/alice/home/Invite", `["bob"]`, "null")
	bob := s.joins("bob", "B")
	s.want("alice", "hall/alice/home/Uninvite", `["bob"]`, "null")
	bob.isOut(wire.NotAllowed)
}

func TestCALL1_LockedFullAndClosed(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	for _, who := range []string{"bob", "carol"} {
		s.want("alice", "hall/alice/home/Admit", `["`+who+`"]`, "null")
	}
	bob := s.joins("bob", "B")
	s.want("alice", "hall/alice/home/Lock", "[true]", "null")
	s.turnedAway("carol", wire.Conflict)
	alice := s.joins("alice", "A") // the owner has the key
	s.want("alice", "hall/alice/home/Lock", "[false]", "null")
	s.want("alice", "hall/alice/home/Limit", "[2]", "null")
	s.refused("alice", "hall/alice/home/Limit", "[65]", "failed")
	if _, refused := s.raw("carol").enters(wire.CallOpen{Call: 1}); refused != wire.Quota { // a client would go on asking
		t.Error("carol is refused with", refused)
	}
	s.want("alice", "hall/alice/home/Limit", "[3]", "null")
	carol := s.joins("carol", "C")
	s.want("alice", "hall/alice/home/Close", "[]", "null")
	for _, g := range []*guest{alice, bob, carol} {
		g.isOut(wire.NotFound)
	}
	s.turnedAway("bob", wire.NotFound)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.joins("bob", "B")
}

func TestCALL1_ANarrowTokenOpensWhatItSays(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	_, err := s.joinAs("alice", "elsewhere", policy.Scope{App: "hall", CA: "alice/other"})
	if e := (*wire.Error)(nil); !errors.As(err, &e) || e.Code != wire.NotAllowed {
		t.Fatal(err)
	}
	g, err := s.joinAs("alice", "watcher", policy.Scope{App: "hall", CA: "alice/home", Methods: []string{"room"}})
	if err != nil {
		t.Fatal(err)
	}
	s.until("it knows what it may do", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.may) > 0 {
			t.Fatal("it may", g.may)
		}
		return len(g.opened) == 1
	})
}

func TestCALL1_NamesAndSourcesAreChecked(t *testing.T) {
	s := newHall(t)
	s.refused("alice", "hall/alice/home/Named", `["Big Room"]`, "failed")
	s.refused("alice", "hall/alice/home/Named", `["`+strings.Repeat("r", 56)+`"]`, "failed")
	s.want("alice", "hall/alice/home/Named", `["`+strings.Repeat("r", 55)+`"]`, "null")
	for _, room := range []string{"room-publish", "room-share", "room-act"} { // whoever may act in the room could enter it
		s.refused("alice", "hall/alice/home/Named", `["`+room+`"]`, "failed")
	}
	s.refused("alice", "hall/alice/home/AdmitAs", `["bob","-record"]`, "failed")
	s.refused("alice", "hall/alice/home/Mute", `["bob",["nose"]]`, "failed")
	s.refused("alice", "hall/alice/home/Mode", `["sideways"]`, "failed")
}

func TestCALL2_AMemberComesBackAfterACut(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	alice, bob := s.joins("alice", "A"), s.joins("bob", "B")
	alice.sees("alice/A", "bob/B")
	member := bob.call.Member()
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+alice","+bob"]`)
	bob.cut()
	s.until("bob is back", func() bool {
		bob.mu.Lock()
		defer bob.mu.Unlock()
		return bob.again == 1
	})
	if got := bob.call.Member(); got != member {
		t.Errorf("bob came back as %s, was %s", got, member)
	}
	bob.sees("alice/A", "bob/B")
	s.want("alice", "hall/alice/home/Hears", "[]", `["+alice","+bob"]`)
}

func TestCALL2_WhoStaysAwayLosesTheSeat(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.joins("bob", "B").c.Close()
	s.until("he is away", func() bool { return s.sessions.Stats().Conns == 0 })
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+bob"]`)
	s.want("alice", "hall/alice/home/People", "[]", `["bob/B"]`)
	s.until("the time runs", func() bool {
		s.clock.Advance(31 * time.Second)
		return string(s.do("alice", "hall/alice/home/People", "[]").Result) == "[]"
	})
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+bob","-bob"]`)
}

func TestCALL2_WhoHangsUpIsGone(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	alice := s.joins("alice", "A")
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+alice"]`)
	alice.call.Close()
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+alice","-alice"]`)
	s.want("alice", "hall/alice/home/People", "[]", "[]")
}

func TestCALL2_ARestartResumesTheRoom(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.want("alice", "hall/alice/home/Admit", `["carol"]`, "null")
	alice, bob, carol := s.joins("alice", "A"), s.joins("bob", "B"), s.joins("carol", "C")
	alice.sees("alice/A", "bob/B", "carol/C")
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+alice","+bob","+carol"]`)
	member := bob.call.Member()
	carol.c.Close()
	s.want("alice", "hall/alice/home/Lock", "[true]", "null") // it keeps out who is new, not who is back
	s.clock.Advance(time.Second)
	s.restart()
	s.until("bob is back", func() bool {
		bob.mu.Lock()
		defer bob.mu.Unlock()
		return len(bob.opened) == 2 && bob.again == 0
	})
	if got := bob.call.Member(); got != member {
		t.Errorf("bob came back as %s, was %s", got, member)
	}
	alice.sees("alice/A", "bob/B")
	s.want("alice", "hall/alice/home/Hears", "[]", `["+alice","+bob","+carol"]`) // carol may still come back
	s.clock.Advance(31 * time.Second)
	s.eventually("alice", "hall/alice/home/Hears", "[]", `["+alice","+bob","+carol","-carol"]`)
}

func TestCALL1_ADestroyedCATakesItsRoomsAlong(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	alice := s.joins("alice", "A")
	s.want("alice", "hall/alice/home/End", "[]", "null")
	alice.isOut(wire.NotFound)
}

func TestCALL1_TheModeIsToldToAll(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	alice := s.joins("alice", "A")
	s.want("alice", "hall/alice/home/Mode", `["heads"]`, "null")
	alice.waitFor("the mode", func(sig sfu.Signal) bool { m, ok := sig.(sfu.Mode); return ok && m.Mode == "heads" })
}
