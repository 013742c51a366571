package actor_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/store/pebblestore"
)

// BenchmarkFlood tells what other owners notice of one whose four CAs have a thousand timers each that fail a hundred times a second: the time of one
// request that is committed, at the median and at the 99th percentile, with the flood and without.
func BenchmarkFlood(b *testing.B) {
	for _, flood := range []bool{false, true} {
		b.Run(fmt.Sprint("Flood=", flood), func(b *testing.B) {
			m := counter()
			m["storm"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
				for i := range int64(actor.MaxTimers) {
					if _, err := tx.Set(tx.Now()+i*10, actor.MinEvery.Microseconds(), "fail", nil); err != nil {
						return nil, err
					}
				}
				return nil, nil
			}
			m["fail"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, errors.New("no") }
			s, err := pebblestore.Open(b.TempDir(), pebblestore.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			rt := actor.New(actor.Options{Store: s, Classes: map[string]actor.Class{"app": &actortest.Class{Methods: m}}, Gate: &actortest.Gate{}, Logger: slog.New(slog.DiscardHandler)})
			defer rt.Close()
			call := func(ca, method string) {
				if r := <-actortest.SendTo(rt, actortest.Name("app:"+ca).Owner, ca, method, nil); r.Err != nil {
					b.Fatal(r.Err)
				}
			}
			for i := range 4 {
				if flood {
					call(fmt.Sprint("mallory/storm", i), "storm")
				}
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				call("alice/home", "add")
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// storm is a world in which one owner's four CAs have as many failing timers as there may be.
func storm(t *testing.T) (w *actortest.World, rings *atomic.Int64) {
	rings = new(atomic.Int64)
	m := counter()
	m["storm"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		for range actor.MaxTimers {
			if _, err := tx.Set(tx.Now()+10_000, actor.MinEvery.Microseconds(), "ring", nil); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	m["ring"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		rings.Add(1)
		return nil, errors.New("no")
	}
	w = actortest.NewWorld(t, m).Boot()
	for i := range 4 {
		w.Must(w.Call(fmt.Sprint("mallory/storm", i), "storm", nil))
	}
	return w, rings
}

// TestCA9_FailingTimersWriteNothing: nor more than they may do they ring, and others go on between them.
func TestCA9_FailingTimersWriteNothing(t *testing.T) {
	const seconds = 5
	w, rings := storm(t)
	writes := w.Store.Writes.Load()
	for i := range 100 * seconds {
		w.Clock.Advance(10 * time.Millisecond)
		if i%100 == 0 {
			w.Must(w.Call("alice/home", "add", nil))
			writes++
		}
	}
	w.Until("quiet", w.Runtime.Quiet)
	if got := w.Store.Writes.Load(); got != writes {
		t.Errorf("%d writes of rings", got-writes)
	}
	if n := rings.Load(); n < 4*actor.MaxRings || n > 4*actor.MaxRings*(seconds+1) {
		t.Errorf("%d rings in %d s", n, seconds)
	}
}

// TestCA7_UnwrittenRingsAreRepeatedAfterACrashOnly: the times of a short period are not written while nothing else is.
func TestCA7_UnwrittenRingsAreRepeatedAfterACrashOnly(t *testing.T) {
	w := timerWorld(t)
	rang := 0
	w.Class.Methods["idle"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { rang++; return nil, nil }
	w.Class.Methods["tick"] = set(10*second, 10*second, "idle")
	w.Boot()
	w.Must(w.Call("alice/home", "tick", nil))
	writes := w.Store.Writes.Load()
	wantRings := func(want int) {
		t.Helper()
		w.Until("quiet", func() bool { w.Clock.Advance(0); return w.Runtime.Quiet() })
		if rang != want {
			t.Fatalf("rang %d times, want %d", rang, want)
		}
	}
	for i := range 9 {
		w.Clock.Advance(10 * time.Second)
		wantRings(i + 1)
	}
	if n := w.Store.Writes.Load() - writes; n != 0 {
		t.Error(n, "writes")
	}
	w.Clock.Advance(time.Second)
	w.Restart()
	wantRings(9) // written in good time
	w.Clock.Advance(9 * time.Second)
	wantRings(10)
	w.Clock.Advance(5 * time.Second)
	w.Runtime.Close() // as a crash
	w.Boot()
	wantRings(11) // nobody knows that it rang five seconds ago
	w.Clock.Advance(5 * time.Second)
	wantRings(12)
}
