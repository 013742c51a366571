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
//
// There are two lanes. Answers and notes are somebody's to wait for, and go first; features' frames, which may go to ten thousand connections at
// once, come after. A connection that waits in the slow lane moves over when it gets an answer.
type flusher struct {
	done sync.WaitGroup // its goroutines, and those that wait for room

	mu      sync.Mutex
	fast    queue[turn]
	slow    queue[turn]
	waiting int // connections in both
	running int
}

// lane is where an outbox waits for its turn. It is guarded by flusher.mu.
type lane uint8

const (
	nowhere lane = iota
	slowLane
	fastLane
)

// add gives a connection a turn. It is called with its outbox's mu held.
func (f *flusher) add(o *outbox, l lane) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.enter(o, l)
	if f.waiting++; f.waiting > f.running*perFlusher && f.running < runtime.GOMAXPROCS(0) {
		f.running++
		f.done.Add(1)
		go f.run()
	}
}

// hurry moves a connection to the fast lane, if it waits in the slow one: its place there is worth nothing from then on.
func (f *flusher) hurry(o *outbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.lane == slowLane {
		f.enter(o, fastLane)
	}
}

// enter is called with mu held.
func (f *flusher) enter(o *outbox, l lane) {
	o.lane = l
	o.place++
	t := turn{o, o.place}
	if l == fastLane {
		f.fast.push(t)
	} else {
		f.slow.push(t)
	}
}

// next takes the connection whose turn it is. Nil ends a goroutine.
func (f *flusher) next() *outbox {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		t, ok := f.fast.pop()
		if !ok {
			t, ok = f.slow.pop()
		}
		if !ok {
			break
		}
		if t.place == t.outbox.place && t.outbox.lane != nowhere {
			t.outbox.lane = nowhere
			f.waiting--
			return t.outbox
		}
	}
	if f.running--; f.running == 0 {
		f.fast.shrink()
		f.slow.shrink()
	}
	return nil
}

func (f *flusher) run() {
	defer f.done.Done()
	p := pens.Get().(*pen)
	defer pens.Put(p)
	for o := f.next(); o != nil; o = f.next() {
		o.turn(p)
	}
}

// A turn is an outbox's place in a lane.
type turn struct {
	outbox *outbox
	place  uint64
}
