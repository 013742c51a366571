package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/store"
)

// backend answers Commit by a function; nothing else of it is used.
type backend struct {
	store.Store
	commit func([]store.Write) []store.Result
}

func (b *backend) Commit(writes []store.Write) []store.Result { return b.commit(writes) }

func accept(writes []store.Write) []store.Result {
	results := make([]store.Result, len(writes))
	for i := range writes {
		results[i].Rev = writes[i].Expect + 1
	}
	return results
}

// held is a backend whose commits wait to be let through, one by one.
type held struct {
	batches chan []store.Write
	release chan []store.Result
}

func newHeld() (*held, *backend) {
	h := &held{batches: make(chan []store.Write), release: make(chan []store.Result)}
	return h, &backend{commit: func(writes []store.Write) []store.Result {
		h.batches <- slices.Clone(writes)
		return <-h.release
	}}
}

func noFatal(t *testing.T) store.CommitterOptions {
	return store.CommitterOptions{Fatal: func(err error) { t.Errorf("fatal: %v", err) }}
}

func TestCommitterMergesWhatWaits(t *testing.T) {
	h, b := newHeld()
	c := store.NewCommitter(b, noFatal(t))
	var done []string // written by the finisher alone, read after Close
	submit := func(ca string) {
		c.Submit(store.Write{CA: ca}, func(store.Result) { done = append(done, ca) })
	}
	submit("first")
	if batch := <-h.batches; len(batch) != 1 {
		t.Fatalf("first batch %v", batch)
	}
	for i := range 10 { // while the first is on its way
		submit(fmt.Sprint(i))
	}
	h.release <- make([]store.Result, 1)
	if batch := <-h.batches; len(batch) != 10 || batch[0].CA != "0" || batch[9].CA != "9" {
		t.Fatalf("second batch %v", batch)
	}
	h.release <- make([]store.Result, 10)
	c.Close()
	if got := strings.Join(done, " "); got != "first 0 1 2 3 4 5 6 7 8 9" {
		t.Fatalf("done: %s", got)
	}
}

// TestCA2_EffectsOverlapTheNextCommit: while a done runs, the next batch is already with the backend.
func TestCA2_EffectsOverlapTheNextCommit(t *testing.T) {
	h, b := newHeld()
	c := store.NewCommitter(b, noFatal(t))
	inDone, goOn := make(chan struct{}), make(chan struct{})
	c.Submit(store.Write{CA: "a"}, func(store.Result) { close(inDone); <-goOn })
	<-h.batches
	h.release <- make([]store.Result, 1)
	<-inDone
	c.Submit(store.Write{CA: "b"}, func(store.Result) {})
	<-h.batches // would never come if a done held commits up
	close(goOn)
	h.release <- make([]store.Result, 1)
	c.Close()
}

// TestCA2_NothingIsToldBeforeItIsDurable: no done runs while its commit is with the backend.
func TestCA2_NothingIsToldBeforeItIsDurable(t *testing.T) {
	var durable sync.Map
	c := store.NewCommitter(&backend{commit: func(writes []store.Write) []store.Result {
		for i := range writes {
			defer durable.Store(writes[i].CA, true)
		}
		return accept(writes)
	}}, noFatal(t))
	for i := range 2000 {
		ca := fmt.Sprint(i)
		c.Submit(store.Write{CA: ca}, func(store.Result) {
			if _, ok := durable.Load(ca); !ok {
				t.Errorf("%s was told too early", ca)
			}
		})
	}
	c.Close()
}

// TestCommitterBounds: batches keep both bounds, but for single writes that exceed them; nothing is left out, and an owner's order always holds.
func TestCommitterBounds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		maxWrites, maxBytes := rapid.IntRange(1, 6).Draw(r, "maxWrites"), rapid.IntRange(1, 60).Draw(r, "maxBytes")
		sizes := rapid.SliceOfN(rapid.IntRange(1, 80), 1, 40).Draw(r, "sizes")
		owners := rapid.IntRange(1, 26).Draw(r, "owners")
		var committed, done []int // places in sizes
		gate := make(chan struct{})
		c := store.NewCommitter(&backend{commit: func(writes []store.Write) []store.Result {
			<-gate
			bytes := 0
			for i := range writes {
				bytes += writes[i].Size()
				committed = append(committed, int(writes[i].Expect))
			}
			if len(writes) > maxWrites || len(writes) > 1 && bytes > maxBytes || len(writes) == 0 {
				t.Errorf("%d writes of %d bytes, bounds are %d and %d", len(writes), bytes, maxWrites, maxBytes)
			}
			return accept(writes)
		}}, store.CommitterOptions{MaxWrites: maxWrites, MaxBytes: maxBytes})
		for i, size := range sizes {
			ca := fmt.Sprintf("app:%c/%s", 'a'+i%owners, strings.Repeat("x", size))
			c.Submit(store.Write{CA: ca, Expect: store.Rev(i)}, func(result store.Result) {
				if result.Rev != store.Rev(i)+1 {
					t.Errorf("%d got another's result %v", i, result)
				}
				done = append(done, i)
			})
		}
		close(gate)
		c.Close()
		if len(committed) != len(sizes) || !slices.Equal(committed, done) {
			r.Fatalf("committed %v, done %v of %d", committed, done, len(sizes))
		}
		last := map[int]int{} // by owner
		for _, i := range committed {
			if before, known := last[i%owners]; known && before >= i {
				r.Fatalf("%d came after %d", i, before)
			}
			last[i%owners] = i
		}
	})
}

func TestCommitterSubmitsFromDones(t *testing.T) {
	const cas, rounds = 50, 40
	c := store.NewCommitter(&backend{commit: accept}, noFatal(t))
	var all sync.WaitGroup
	var committed atomic.Int64
	for i := range cas {
		all.Add(1)
		w := store.Write{CA: fmt.Sprint(i)}
		var done func(store.Result)
		done = func(r store.Result) {
			committed.Add(1)
			if r.Rev == rounds {
				all.Done()
				return
			}
			w.Expect = r.Rev
			c.Submit(w, done)
		}
		c.Submit(w, done)
	}
	all.Wait()
	c.Close()
	if committed.Load() != cas*rounds {
		t.Fatalf("%d dones", committed.Load())
	}
}

func TestCommitterPassesRefusalsOn(t *testing.T) {
	refusals := []error{store.ErrConflict, store.ErrTooLarge, store.ErrName, store.ErrClosed, fmt.Errorf("wrapped: %w", store.ErrConflict), nil}
	c := store.NewCommitter(&backend{commit: func(writes []store.Write) []store.Result {
		results := make([]store.Result, len(writes))
		for i := range writes {
			results[i].Err = refusals[writes[i].Expect]
		}
		return results
	}}, noFatal(t))
	var got []error
	for i := range refusals {
		c.Submit(store.Write{CA: "a", Expect: store.Rev(i)}, func(r store.Result) { got = append(got, r.Err) })
	}
	c.Close()
	if !slices.Equal(got, refusals) {
		t.Fatalf("got %v", got)
	}
	refused := error(nil)
	c.Submit(store.Write{CA: "a"}, func(r store.Result) { refused = r.Err })
	if refused != store.ErrClosed {
		t.Fatalf("after Close: %v", refused)
	}
}

// TestCA3_UnknownOutcomeAcknowledgesNothing: neither the batch that failed, in which another write may seem to have succeeded, nor
// anything after it.
func TestCA3_UnknownOutcomeAcknowledgesNothing(t *testing.T) {
	broken := errors.New("disk on fire")
	h, b := newHeld()
	fatal := make(chan error, 10)
	c := store.NewCommitter(b, store.CommitterOptions{Fatal: func(err error) { fatal <- err }})
	var told atomic.Int64
	done := func(store.Result) { told.Add(1) }
	c.Submit(store.Write{CA: "a"}, done)
	<-h.batches
	c.Submit(store.Write{CA: "b"}, done)
	c.Submit(store.Write{CA: "c"}, done)
	h.release <- make([]store.Result, 1)
	<-h.batches
	c.Submit(store.Write{CA: "d"}, done) // waits behind the batch that fails
	h.release <- []store.Result{{Rev: 5}, {Err: broken}}
	if err := <-fatal; err != broken {
		t.Fatalf("fatal: %v", err)
	}
	for range 100 {
		c.Submit(store.Write{CA: "e"}, done)
	}
	c.Close()
	if told.Load() != 1 || len(fatal) != 0 {
		t.Fatalf("%d acknowledged, want the first only; fatal called %d more times", told.Load(), len(fatal))
	}
}

func TestCommitterCloseWithNothingToDo(t *testing.T) {
	c := store.NewCommitter(&backend{commit: accept}, noFatal(t))
	c.Close()
	c.Close()
}

func BenchmarkSubmit(b *testing.B) {
	c := store.NewCommitter(&backend{commit: func(writes []store.Write) []store.Result { return make([]store.Result, len(writes)) }}, store.CommitterOptions{})
	defer c.Close()
	var all sync.WaitGroup
	done := func(store.Result) { all.Done() }
	b.ReportAllocs()
	for range b.N {
		all.Add(1)
		c.Submit(store.Write{CA: "a"}, done)
	}
	all.Wait()
}

// TestCA9_OwnersTakeTurnsInCommits: a crowd of writes and huge ones wait; another owner's small write is in the next batch, and the crowd keeps its order.
func TestCA9_OwnersTakeTurnsInCommits(t *testing.T) {
	for name, size := range map[string]int{"Many": 1, "Huge": 3 << 20} {
		t.Run(name, func(t *testing.T) {
			count := 20_000
			if size > 1 {
				count = 10
			}
			h, b := newHeld()
			c := store.NewCommitter(b, noFatal(t))
			var done []string // the finisher's until Close
			submit := func(ca string, size int) {
				c.Submit(store.Write{CA: ca, Puts: []store.KV{{Key: []byte("k"), Value: make([]byte, size)}}}, func(store.Result) { done = append(done, ca) })
			}
			submit("app:first/ca", 1)
			batch := <-h.batches
			var crowd []string
			for i := range count {
				crowd = append(crowd, fmt.Sprintf("app:mallory/ca%d", i))
				submit(crowd[i], size)
			}
			for got := 0; got < count; {
				submit("app:alice/home", 1)
				h.release <- make([]store.Result, len(batch))
				batch = <-h.batches
				bytes := 0
				for i := range batch[1:] {
					bytes += batch[i].Size()
				}
				alice := slices.ContainsFunc(batch, func(w store.Write) bool { return w.CA == "app:alice/home" })
				if !alice || len(batch) > 2049 || len(batch) > 2 && bytes > 1<<20 {
					t.Fatalf("a batch of %d writes, %d bytes; alice %v", len(batch), bytes, alice)
				}
				got += len(batch) - 1
			}
			h.release <- make([]store.Result, len(batch))
			c.Close()
			if got := slices.DeleteFunc(done[1:], func(ca string) bool { return ca == "app:alice/home" }); !slices.Equal(got, crowd) {
				t.Error("out of order, or incomplete")
			}
		})
	}
}

// TestCA9_ManyOwnersAreServedInTurn: with more owners than a batch takes, each waits for those who came before, whatever comes later.
func TestCA9_ManyOwnersAreServedInTurn(t *testing.T) {
	h, b := newHeld()
	c := store.NewCommitter(b, store.CommitterOptions{MaxWrites: 4, Fatal: func(err error) { t.Error(err) }})
	submit := func(owner int, n int) {
		c.Submit(store.Write{CA: fmt.Sprintf("app:o%d/ca%d", owner, n)}, func(store.Result) {})
	}
	submit(100, 0)
	batch := <-h.batches
	for round := range 5 {
		for owner := range 10 {
			submit(owner, round)
		}
	}
	served := map[string]int{}
	for range 13 {
		h.release <- make([]store.Result, len(batch))
		if batch = <-h.batches; len(batch) > 4 {
			t.Fatal(len(batch))
		}
		for i := range batch {
			served[batch[i].CA[:len("app:o1")]]++
		}
		least, most := 5, 0
		for owner := range 10 {
			n := served[fmt.Sprint("app:o", owner)]
			least, most = min(least, n), max(most, n)
		}
		if most-least > 1 {
			t.Fatal("served unequally:", served)
		}
	}
	h.release <- make([]store.Result, len(batch))
	c.Close()
}
