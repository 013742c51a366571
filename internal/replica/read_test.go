package replica_test

import (
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

// What a message reads of a writer is of one view, that of its first look at any of the writer's maps.
func TestMAP3_WhatACAReadsStaysTheSameForItsMessage(t *testing.T) {
	w := newWorld(t)
	looked, goOn := make(chan struct{}), make(chan struct{})
	w.Class.Methods["LookAgain"] = func(tx *actor.Tx, s *actortest.State, m *actor.Message) ([]byte, error) {
		if _, err := w.hub.Read(tx, actortest.Name("app:alice/home/a")); err != nil {
			return nil, err
		}
		looked <- struct{}{}
		<-goOn
		return w.look(tx, s, m)
	}
	w.must("alice/home", "Both", 1)
	w.must("alice/home", "Allow", "anyone", "a", "b")
	both := args("app:alice/home/a", "app:alice/home/b")
	again := w.Send("bob", "bob/home", "LookAgain", both)
	<-looked
	w.must("alice/home", "Both", 2)
	close(goOn)
	if got := w.Must(w.Await(again)); string(got) != "\x82\x01\x01" {
		t.Errorf("within one message a reader sees %x", got)
	}
	if got := w.Must(w.Call("bob/home", "Look", both)); string(got) != "\x82\x02\x02" {
		t.Errorf("in the next message it sees %x", got)
	}
}
