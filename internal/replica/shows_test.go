package replica_test

import (
	"testing"

	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
)

func TestMAP11_TheServerMayAskWhoShowsSomething(t *testing.T) {
	w := newWorld(t)
	w.must("alice/home", "Allow", "anyone", "m")
	of := actortest.Name("app:alice/home/m")
	shows := func(owner string, want byte) bool {
		return w.hub.Shows(of, owner, func(value []byte) bool { return string(value) == string([]byte{want}) })
	}
	if shows("alice", 5) {
		t.Error("nobody is there")
	}
	a := w.peer("alice").connect()
	sub := a.open("app:alice/home/m")
	a.holds("app:alice/home/m")
	a.show(sub, cbor.AppendInt(nil, 5))
	w.Until("alice to be there", func() bool { return shows("alice", 5) })
	if shows("bob", 5) || shows("alice", 6) {
		t.Error("it was another one, or another value")
	}
	a.show(sub, []byte(cbor.Null))
	w.Until("alice to be gone", func() bool { return !shows("alice", 5) })
}
