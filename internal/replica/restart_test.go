package replica_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

// What is stored is what was in memory: entries, marks of deletions, floor, and so what has changed since any version.
func TestMAP6_ARestartKnowsAllThatMemoryKnew(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 2))
			w := newWorld(t)
			w.Class.Methods["Drop"] = func(tx *actor.Tx, _ *actortest.State, m *actor.Message) ([]byte, error) {
				r := reader(m)
				own, from, to := w.hub.Own(tx, r.Text()), r.Int(), r.Int()
				for i := from; i < to; i++ {
					if _, err := own.Delete(keyOf(i)); err != nil {
						return nil, err
					}
				}
				return nil, nil
			}
			for range 15 {
				var all []<-chan actortest.Reply
				for range 1 + rnd.IntN(5) {
					from := rnd.IntN(20) * 1000
					method := []string{"Fill", "Drop", "Drop", "Set", "Fail"}[rnd.IntN(5)]
					list := args("m", from, from+rnd.IntN(6000))
					if method == "Set" || method == "Fail" {
						list = args("m", keyOf(int64(from)), rnd.IntN(3))
					}
					all = append(all, w.Send("alice", "alice/home", method, list))
				}
				for _, c := range all {
					w.Await(c)
				}
				if rnd.IntN(3) > 0 {
					continue
				}
				m, _ := w.hub.Newest(actortest.Name("app:alice/home/m"))
				w.crash()
				again, _ := w.hub.Newest(actortest.Name("app:alice/home/m"))
				if stateOf(again) != stateOf(m) {
					t.Fatalf("version %d floor %d of %d and %d became version %d floor %d of %d and %d",
						m.Version(), m.Floor(), m.Size(), m.Graves(), again.Version(), again.Floor(), again.Size(), again.Graves())
				}
				for v := uint64(0); v <= m.Version(); v++ {
					a, okA := m.Since(v)
					b, okB := again.Since(v)
					if okA != okB || okA && len(a.Changes) != len(b.Changes) {
						t.Fatalf("what has changed since version %d is not the same", v)
					}
				}
			}
		})
	}
}
