package session

import (
	"runtime"
	"sync"
)

// perFlusher is how many connections wait for each flusher before another one helps.
const perFlusher = 16

// A flusher writes for all connections that have something, one after the other, by writes that do not wait. It runs on as many goroutines
// as it takes, at most one for each processor, and on none while there is nothing: a burst of frames to many connections wakes somebody
// once, not once for each, and what comes while a connection waits for its turn goes out in the same write.
type flusher struct {
	done sync.WaitGroup // its goroutines, and those that wait for room

	mu      sync.Mutex
	waiting []*outbox
	first   int // the place of the first
	running int
}

// add gives a connection a turn. It is called with its outbox's mu held.
func (f *flusher) add(o *outbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, o)
	if n := len(f.waiting) - f.first; n > f.running*perFlusher && f.running < runtime.GOMAXPROCS(0) {
		f.running++
		f.done.Add(1)
		go f.run()
	}
}

// next takes the connection whose turn it is. Nil ends a goroutine.
func (f *flusher) next() *outbox {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == len(f.waiting) {
		f.running--
		f.shrink()
		return nil
	}
	o := f.waiting[f.first]
	f.waiting[f.first] = nil
	if f.first++; f.first == len(f.waiting) {
		f.waiting, f.first = f.waiting[:0], 0
	} else if f.first >= 1024 && f.first*2 >= len(f.waiting) { // under constant load the list never runs empty
		n := copy(f.waiting, f.waiting[f.first:])
		clear(f.waiting[n:])
		f.waiting, f.first = f.waiting[:n], 0
	}
	return o
}

// shrink lets go of what a large burst has needed. It is called with mu held.
func (f *flusher) shrink() {
	if f.running == 0 && cap(f.waiting) > 4096 {
		f.waiting = nil
	}
}

func (f *flusher) run() {
	defer f.done.Done()
	p := pens.Get().(*pen)
	defer pens.Put(p)
	for o := f.next(); o != nil; o = f.next() {
		o.turn(p)
	}
}
