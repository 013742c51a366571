package replica_test

import (
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func TestMAP10_RevocationEndsReplicationAtOnce(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	p := w.peer("bob").connect()
	sub := p.open("app:alice/home/m")
	w.Until("bob to be refused", func() bool { return p.end(sub) == wire.NotAllowed })
	// directly, by a group, and by a group behind a group
	w.must("bob/home", "Set", "friends", "dan", 1)
	w.must("bob/home", "Allow", "alice", "friends")
	w.must("alice/home", "Set", "team", "bob/home/friends", 1)
	w.must("alice/home", "Allow", "#alice/home/team", "m")
	for _, how := range []struct {
		who        string
		give, take func()
	}{
		{"bob", func() { w.must("alice/home", "Allow", "bob", "m") }, func() { w.must("alice/home", "Deny", "bob", "m") }},
		{"carol", func() { w.must("alice/home", "Set", "team", "carol", 1) }, func() { w.must("alice/home", "Del", "team", "carol") }},
		{"dan", func() {}, func() { w.must("bob/home", "Del", "friends", "dan") }},
		{"dan", func() { w.must("bob/home", "Set", "friends", "dan", 1) }, func() { w.must("alice/home", "Del", "team", "bob/home/friends") }},
		{"dan", func() { w.must("alice/home", "Set", "team", "bob/home/friends", 1) }, func() { w.must("bob/home", "Deny", "alice", "friends") }},
	} {
		how.give()
		p := w.peer(how.who).connect()
		sub := p.open("app:alice/home/m")
		p.holds("app:alice/home/m")
		how.take()
		w.Until(how.who+" to be sent away", func() bool { return p.end(sub) == wire.NotAllowed })
		if got := p.content(sub); len(got) != 0 {
			t.Errorf("%s still holds %v", how.who, got)
		}
	}
}

// Whether a group may be looked into can itself rest on a group: that one counts as well.
func TestBUS4_AGroupThatALookRestsOnEndsReplicationToo(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Set", "m", "n", 1)
	w.must("alice/home", "Allow", "#bob/home/friends", "m")
	w.must("bob/home", "Set", "friends", "dan", 1)
	w.must("bob/home", "Allow", "#carol/home/lookers", "friends")
	w.must("carol/home", "Set", "lookers", "alice", 1)
	w.must("carol/home", "Allow", "bob", "lookers")
	for _, take := range []func(){
		func() { w.must("carol/home", "Del", "lookers", "alice") },
		func() { w.must("carol/home", "Deny", "bob", "lookers") },
	} {
		p := w.peer("dan").connect()
		sub := p.open("app:alice/home/m")
		p.holds("app:alice/home/m")
		take()
		w.Until("dan to be sent away", func() bool { return p.end(sub) == wire.NotAllowed })
		w.must("carol/home", "Set", "lookers", "alice", 1)
	}
}

// What changes together with the end of a right is not for who had it.
func TestMAP10_NothingOfTheTransactionThatRevokesIsSeen(t *testing.T) {
	w := newWorld(t)
	w.Class.Methods["Hide"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		if err := w.hub.Own(tx, "m").Set("secret", cbor.AppendInt(nil, 1)); err != nil {
			return nil, err
		}
		_, err := w.revoke(tx, s, m)
		return nil, err
	}
	w.must("alice/home", "Set", "m", "n", 1)
	for i := range 30 {
		w.must("alice/home", "Allow", "bob", "m")
		w.must("alice/home", "Del", "m", "secret")
		p := w.peer("bob").connect()
		sub := p.open("app:alice/home/m")
		p.holds("app:alice/home/m")
		p.mu.Lock()
		p.check = func(p *peer) {
			if _, seen := p.contentLocked(sub)["secret"]; seen {
				t.Error("bob sees what was hidden from him, in round", i)
			}
		}
		p.mu.Unlock()
		w.must("alice/home", "Hide", "bob", "m")
		w.Until("bob to be sent away", func() bool { return p.end(sub) == wire.NotAllowed })
		p.cut()
	}
}
