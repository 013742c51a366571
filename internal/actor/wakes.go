package actor

import (
	"container/heap"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/store"
)

const (
	horizon  = time.Minute      // work due later is left to the store's index
	dueBatch = 10_000           // CAs read from it at a time
	reload   = 10 * time.Minute // until a CA that can't be loaded is tried again for what is due
)

// wakes rouses CAs when they have work of their own. What is due within the horizon is kept in memory; the rest is read from the store's due index every half of it,
// each entry once. So an entry that stays due, of an app that is not installed for instance, hides no other and is not read again before the next start.
type wakes struct {
	rt     *Runtime
	mu     sync.Mutex
	calls  calls
	until  atomic.Int64     // what is due by then is in memory, or being read
	read   store.Due        // how far the index has been read
	far    map[string]int64 // what the index doesn't tell: one instant a CA (Starter, or one that can't be loaded)
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

func (w *wakes) start() { w.look() }

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

// look takes what is due within the horizon, a batch at a time.
func (w *wakes) look() {
	w.mu.Lock()
	w.until.Store(max(w.until.Load(), w.rt.now()+horizon.Microseconds()))
	w.nearLocked()
	w.mu.Unlock()
	next := horizon / 2
	if w.readSome() {
		next = time.Second
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.poll = w.rt.clock.AfterFunc(next, w.look)
	}
}

// nearLocked moves what has come near to the calls. Call with mu held.
func (w *wakes) nearLocked() {
	for key, at := range w.far {
		if at <= w.until.Load() {
			delete(w.far, key)
			w.push(key, at)
		}
	}
}

// readSome reads on in the index until a batch of CAs that run here is found, and tells whether there may be more.
// Only look calls it, and moves read.
func (w *wakes) readSome() (more bool) {
	until := w.until.Load() // only look moves it
	for found := 0; found < dueBatch; {
		due, err := w.rt.store.DueBefore(until, w.read, dueBatch)
		if err != nil {
			w.rt.log.Error("due index can't be read", slog.Any("error", err))
			return false
		}
		for _, d := range due {
			if app, _, _ := strings.Cut(d.CA, ":"); w.rt.classes[app] != nil {
				w.add(d.CA, d.At)
				found++
			}
		}
		if len(due) < dueBatch {
			w.read = store.Due{At: until + 1}
			return false
		}
		w.read = due[len(due)-1]
	}
	return true
}

// add has a CA roused at an instant. It reports false for one that is left to the index. It may be called with the CA's lock held.
func (w *wakes) add(key string, at int64) (held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.nearby(at) {
		return false
	}
	w.push(key, at)
	return true
}

// leaves tells whether an instant is left to the index.
func (w *wakes) leaves(at int64) bool {
	return !w.nearby(at)
}

// nearby tells whether an instant is kept in memory. A clock that was put back does not make it forget what has been read.
func (w *wakes) nearby(at int64) bool {
	return at <= max(w.until.Load(), w.rt.now()+horizon.Microseconds())
}

// keep has a CA roused at an instant, however far it is; another one takes its place.
func (w *wakes) keep(key string, at int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.far == nil {
		w.far = map[string]int64{}
	}
	w.far[key] = at
}

func (w *wakes) forget(key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.far, key)
}

// push is called with mu held.
func (w *wakes) push(key string, at int64) {
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
