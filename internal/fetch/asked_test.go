package fetch_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/fetch"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
)

// What is taken back leaves nothing: what was asked for is not called, what was cancelled is. What counts is told meanwhile.
func TestMarkTakesBack(t *testing.T) {
	w := newWorld(t)
	answer := make(chan struct{})
	var calls trace
	w.carry = func(_ name.Name, call outgoing.Call, done done) func() {
		calls.note(call.URL)
		w.soon(func() {
			<-answer
			done(outgoing.Answer{Status: 200}, nil)
		})
		return nil
	}
	w.must("alice/home", "Ask", "carried:first#lane", "Got", 0, 0)
	w.Class.Methods["Change"] = func(tx *actor.Tx, _ *actortest.State, _ *actor.Message) ([]byte, error) {
		f := w.live.Load()
		load := func(when string, inLane, all int) {
			if l := f.Load(tx, "lane"); l.InLane != inLane || l.All != all || l.Bytes <= 0 {
				t.Errorf("%s: %+v, want %d, %d", when, l, inLane, all)
			}
		}
		ask := func(tag string) {
			if _, err := f.Ask(tx, fetch.Request{Call: outgoing.Call{URL: "carried:" + tag}, Lane: "lane", Tag: tag}, "Got"); err != nil {
				t.Error(err)
			}
		}
		load("before", 1, 1)
		ask("kept")
		undo := f.Mark(tx)
		ask("undone")
		load("with both", 3, 3)
		for id, tag := range f.Waiting(tx) {
			if tag != "undone" {
				f.Cancel(tx, id)
			}
		}
		load("cancelled", 1, 1)
		undo()
		load("taken back", 2, 2)
		if got := slices.Sorted(maps.Values(f.Waiting(tx))); !slices.Equal(got, []string{"kept", "tag of carried:first"}) {
			t.Errorf("%q wait", got)
		}
		return nil, nil
	}
	w.must("alice/home", "Change")
	close(answer)
	w.hears("alice/home", "200 ", "200 ")
	w.gone("alice/home")
	if got := calls.seen(); !slices.Equal(got, []string{"carried:first", "carried:kept"}) {
		t.Errorf("%q", got)
	}
}
