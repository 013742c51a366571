package bus_test

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/bus"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/store"
)

// nothing is a store that takes everything and keeps nothing.
type nothing struct {
	mu   sync.Mutex
	last store.Rev
}

func (s *nothing) Commit(w []store.Write) []store.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]store.Result, len(w))
	for i := range results {
		s.last++
		results[i].Rev = s.last
	}
	return results
}
func (*nothing) Load(string, []byte, func(_, _ []byte) error) (store.Rev, error) { return 0, nil }
func (*nothing) Get(string, []byte) ([]byte, error)                              { return nil, nil }
func (*nothing) DueBefore(int64, store.Due, int) ([]store.Due, error)            { return nil, nil }
func (*nothing) Close() error                                                    { return nil }

func benchRuntime(b testing.TB) (*actor.Runtime, *bus.Bus) {
	class := &actortest.Class{Life: map[actor.Kind]actortest.Method{}, Methods: methods{
		"Add": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) { s.N++; return []byte{0xf6}, nil },
		"Get": func(_ *actor.Tx, s *state, _ *actor.Message) ([]byte, error) { return []byte{0xf6}, nil },
	}}
	rt := actor.New(actor.Options{Store: &nothing{}, Gate: &bus.Gate{Clock: clock.Real()}, Classes: map[string]actor.Class{"app": class}})
	b.Cleanup(rt.Close)
	return rt, bus.New(rt)
}

// BenchmarkRequest is one message through bus, policy, mailbox, method, commit and reply, without a disk; 32 in flight on 1 or 64 CAs.
func BenchmarkRequest(b *testing.B) {
	for _, method := range []string{"Add", "Get"} {
		for _, cas := range []int{1, 64} {
			b.Run(fmt.Sprint(method, "/CAs", cas), func(b *testing.B) {
				_, requests := benchRuntime(b)
				names := make([]string, cas)
				for i := range names {
					names[i] = fmt.Sprint("alice/c", i)
				}
				flight := make(chan struct{}, 32)
				done := func(bus.Reply) { <-flight }
				b.ReportAllocs()
				i := 0
				var id uint64
				tos := make([]bus.Request, cas)
				for i := range tos {
					tos[i] = bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target(names[i]), Method: method, Args: []byte{0x80}, Reply: done, Key: bus.Key{Run: run}}
				}
				for b.Loop() {
					flight <- struct{}{}
					r := tos[i%cas]
					id++
					r.Key.ID, r.Key.Floor = id, id-min(id, 40)
					requests.Request(r)
					i++
				}
				for range cap(flight) {
					flight <- struct{}{}
				}
			})
		}
	}
}

// BenchmarkIdle tells the heap of an activation that rests.
func BenchmarkIdle(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		rt, requests := benchRuntime(b)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		var group sync.WaitGroup
		for i := range n {
			if i%1000 == 0 {
				group.Wait()
			}
			group.Add(1)
			requests.Request(bus.Request{Caller: bus.Caller{Owner: "alice"}, To: target(fmt.Sprint("alice/c", i)), Method: "Add", Args: []byte{0x80}, Reply: func(bus.Reply) { group.Done() }})
		}
		group.Wait()
		actortest.Until(b, "quiet", rt.Quiet)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/activation")
		runtime.KeepAlive(requests)
		rt.Close()
	}
}
