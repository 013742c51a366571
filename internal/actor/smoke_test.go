package actor_test

import (
	"errors"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

type (
	methods = map[string]actortest.Method
	state   = actortest.State
)

func number(r actortest.Reply) int64 {
	read := cbor.NewReader(r.Result)
	return read.Int()
}

func add(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	s.N++
	s.Private++
	return cbor.AppendInt(nil, s.N), nil
}

func get(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	return cbor.AppendInt(nil, s.N), nil
}

func private(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	return cbor.AppendInt(nil, s.Private), nil
}

func fail(_ *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
	s.N += 1000
	return nil, errors.New("no")
}

func counter() methods { return methods{"add": add, "get": get, "fail": fail, "private": private} }

func TestSmoke(t *testing.T) {
	w := actortest.NewWorld(t, counter()).Boot()
	for i := range 3 {
		if r := w.Call("alice/home", "add", nil); r.Err != nil || number(r) != int64(i+1) {
			t.Fatal(r)
		}
	}
	if r := w.Call("alice/home", "fail", nil); r.Code() != wire.Failed {
		t.Fatal(r)
	}
	w.Restart()
	if r := w.Call("alice/home", "get", nil); number(r) != 3 {
		t.Fatal(r)
	}
	if r := w.Await(w.Send("bob", "alice/none", "get", nil)); r.Code() != wire.NotFound {
		t.Fatal(r)
	}
}
