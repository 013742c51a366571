package actor_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
)

// TestCA10_NoWorkWaitsWhileAWorkerSleeps: whatever workers do meanwhile, they block, are replaced, come back as one too many, or end. In a bubble all that can happen has
// happened once everybody waits, so a wake-up that is lost is a request without its answer, and no matter of time.
func TestCA10_NoWorkWaitsWhileAWorkerSleeps(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { disturb(t, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

// disturb sends bursts to a world whose workers come and go.
func disturb(t *testing.T, r *rand.Rand) {
	let := make(chan struct{})
	letAll := sync.OnceFunc(func() { close(let) })
	t.Cleanup(letAll)
	m := counter()
	m["hang"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { <-let; return nil, nil }
	m["exit"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { runtime.Goexit(); return nil, nil }
	w := actortest.NewWorld(t, m)
	w.Class.Limit = time.Hour
	w.Boot()
	var hanging []<-chan actortest.Reply
	hang := func(round, i int) {
		hanging = append(hanging, w.Send("mallory", fmt.Sprintf("mallory/hang%d-%d", round, i), "hang", nil))
	}
	for round := range 10 {
		var burst sync.WaitGroup
		answers := make([]<-chan actortest.Reply, 1+r.IntN(30))
		for i := range answers {
			owner, method := fmt.Sprint("owner", r.IntN(4)), []string{"add", "add", "add", "exit"}[r.IntN(4)]
			ca := fmt.Sprint(owner, "/", method, r.IntN(3))
			burst.Go(func() { answers[i] = w.Send(owner, ca, method, nil) })
		}
		for range r.IntN(len(hanging) + 1) {
			burst.Go(func() {
				select {
				case let <- struct{}{}:
				default: // it hangs no more
				}
			})
		}
		hang(round, 0) // on one of two workers at least; the other does the rest
		burst.Wait()
		synctest.Wait()
		answered(t, answers)
		for i := range r.IntN(4) {
			hang(round, 1+i)
		}
		for range 3 * len(hanging) { // each that hangs has its worker replaced
			w.Clock.Advance(10 * time.Millisecond)
			synctest.Wait()
		}
	}
	letAll()
	synctest.Wait()
	answered(t, hanging)
}

func answered(t *testing.T, all []<-chan actortest.Reply) {
	t.Helper()
	for i, c := range all {
		if len(c) != 1 {
			t.Fatalf("everybody waits, and %d of %d has %d answers", i, len(all), len(c))
		}
	}
}
