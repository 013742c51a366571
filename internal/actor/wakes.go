package actor

import (
	"container/heap"
	"log/slog"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

const (
	horizon  = time.Minute // work due later is left to the store's index
	dueBatch = 10_000      // CAs read from it at a time
)

// wakes rouses CAs when they have work of their own. What is due within the horizon is kept in memory; the store's due index is read every half of it.
type wakes struct {
	rt     *Runtime
	mu     sync.Mutex
	calls  calls
	timer  clock.Timer
	poll   clock.Timer
	closed bool
}

type wakeCall struct {
	at  int64
	key string
}

type calls []wakeCall

func (c calls) Len() int           { return len(c) }
func (c calls) Less(i, j int) bool { return c[i].at < c[j].at }
func (c calls) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }
func (c *calls) Push(x any)        { *c = append(*c, x.(wakeCall)) }
func (c *calls) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	(*c)[last] = wakeCall{} // its key must not stay in memory
	*c = (*c)[:last]
	return x
}

// trim gives back the room of a crowd that has gone.
func (c *calls) trim() {
	const small = 1024
	if cap(*c) > small && len(*c) < cap(*c)/4 {
		*c = append(make(calls, 0, 2*len(*c)), *c...)
	}
}

func (w *wakes) start() { w.read() }

func (w *wakes) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, t := range [...]clock.Timer{w.timer, w.poll} {
		if t != nil {
			t.Stop()
		}
	}
}

// read takes what is due within the horizon from the store.
func (w *wakes) read() {
	until := w.rt.now() + horizon.Microseconds()
	due, err := w.rt.store.DueBefore(until, dueBatch)
	if err != nil {
		w.rt.log.Error("due index can't be read", slog.Any("error", err))
	}
	for _, d := range due {
		w.add(d.CA, d.At)
	}
	next := horizon / 2
	if len(due) == dueBatch {
		next = time.Second // there is more: what has been handled by then is no longer due
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.poll = w.rt.clock.AfterFunc(next, w.read)
	}
}

// add has a CA roused at an instant. It may be called with the CA's lock held.
func (w *wakes) add(key string, at int64) {
	now := w.rt.now()
	if at > now+horizon.Microseconds() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	first := len(w.calls) == 0 || at < w.calls[0].at
	heap.Push(&w.calls, wakeCall{at, key})
	if first {
		w.set()
	}
}

// set moves the one timer to the first call. A clock that jumps while it does so, as a test's may, is asked again. Call with mu held.
func (w *wakes) set() {
	if w.closed || len(w.calls) == 0 {
		return
	}
	const negligible = 1000 // µs
	for now := w.rt.now(); ; now = w.rt.now() {
		w.reset(time.Duration(max(0, w.calls[0].at-now)) * time.Microsecond)
		if w.rt.now()-now < negligible {
			return
		}
	}
}

func (w *wakes) reset(d time.Duration) {
	if w.timer == nil {
		w.timer = w.rt.clock.AfterFunc(d, w.fire)
		return
	}
	w.timer.Stop()
	w.timer.Reset(d)
}

func (w *wakes) fire() {
	now := w.rt.now()
	w.mu.Lock()
	var keys []string
	for len(w.calls) > 0 && w.calls[0].at <= now && !w.closed {
		keys = append(keys, heap.Pop(&w.calls).(wakeCall).key)
	}
	w.calls.trim()
	w.set()
	w.mu.Unlock()
	for _, key := range keys {
		w.rt.rouse(key)
	}
}
