package pebblestore

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"github.com/wabgo/wab/internal/store"
)

const benchState = 100 // bytes of a CA's state

// BenchmarkCommitter has n CAs that commit again as soon as they are acknowledged, next to bare Pebble with the same keys and bytes.
func BenchmarkCommitter(b *testing.B) {
	for _, inFlight := range []int{64, 1024} {
		b.Run(fmt.Sprintf("wab/%d", inFlight), func(b *testing.B) { benchCommitter(b, inFlight) })
		b.Run(fmt.Sprintf("bare/%d", inFlight), func(b *testing.B) { benchBare(b, inFlight) })
	}
}

func benchCommitter(b *testing.B, inFlight int) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	c := store.NewCommitter(s, store.CommitterOptions{})
	defer c.Close()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for i := range inFlight {
		all.Add(1)
		w := store.Write{CA: fmt.Sprintf("bench:owner%d/home", i), Puts: []store.KV{{Key: []byte("s"), Value: make([]byte, benchState)}}}
		var done func(store.Result)
		done = func(r store.Result) {
			if r.Err != nil {
				b.Error(r.Err)
			}
			if left.Add(-1) < 0 || r.Err != nil {
				all.Done()
				return
			}
			w.Expect = r.Rev
			c.Submit(w, done)
		}
		c.Submit(w, done)
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func benchBare(b *testing.B, inFlight int) {
	db, err := pebble.Open(b.TempDir(), &pebble.Options{Logger: quiet{}, MemTableSize: defaultMemtable, MemTableStopWritesThreshold: 4, L0StopWritesThreshold: 32})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for i := range inFlight {
		all.Add(1)
		go func() {
			defer all.Done()
			ca := fmt.Sprintf("bench:owner%d/home", i)
			headKey, stateKey := appendCA(nil, ca, endHead), appendSide(nil, ca, []byte("s"))
			state, h := make([]byte, benchState), make([]byte, headSize)
			for n := uint64(0); left.Add(-1) >= 0; n++ {
				batch := db.NewBatch()
				binary.BigEndian.PutUint64(h, n)
				_ = batch.Set(stateKey, state, nil)
				_ = batch.Set(headKey, h, nil)
				if err := batch.Commit(pebble.Sync); err != nil {
					b.Error(err)
				}
				_ = batch.Close()
			}
		}()
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}
