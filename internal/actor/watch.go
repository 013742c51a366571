package actor

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

const (
	watchEvery   = 10 * time.Millisecond
	blockedAfter = 20_000    // µs inside one method, after which another worker takes over its share
	reportAfter  = 1_000_000 // µs inside one method, after which the CA is reported
	maxWorkers   = 1024
)

// watch looks at the running methods: it replaces workers that are held up, reports CAs without progress, and ends transactions past their deadline.
// It ticks only while there is work.
type watch struct {
	rt      *Runtime
	ticking atomic.Bool
	mu      sync.Mutex // guards what follows
	closed  bool
	timer   clock.Timer
}

// arm is called on every invocation, once it can be seen; it costs a lock only when the watch sleeps.
func (w *watch) arm() {
	if w.ticking.Load() || !w.ticking.CompareAndSwap(false, true) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.timer = w.rt.clock.AfterFunc(watchEvery, w.tick)
	}
}

// tick falls asleep before it looks: who comes meanwhile is either seen or wakes the watch.
func (w *watch) tick() {
	w.ticking.Store(false)
	if w.look(w.rt.now()) {
		w.arm()
	}
}

func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *watch) look(now int64) (busy bool) {
	var late []*Tx
	s := w.rt.sched
	s.mu.Lock()
	for wk := range s.workers {
		tx := wk.current.Load()
		if tx == nil {
			continue
		}
		busy = true
		ran := now - tx.started
		if ran >= blockedAfter && !wk.blocked && len(s.workers) < maxWorkers {
			wk.blocked = true
			s.blocked++
			s.hire(w.rt)
		}
		if ran >= reportAfter && !tx.reported {
			tx.reported = true
			w.report(tx, ran)
		}
		if now >= tx.deadline {
			late = append(late, tx)
		}
	}
	busy = busy || s.head != nil
	s.mu.Unlock()
	for _, tx := range late {
		tx.ca.overran(tx)
	}
	return busy
}

func (w *watch) report(tx *Tx, ran int64) {
	w.rt.stats.slow.Add(1)
	w.rt.log.Warn("CA makes no progress", slog.String("ca", tx.ca.key), slog.String("method", tx.m.Method),
		slog.Int64("ran_ms", ran/1000), slog.Int64("deadline_ms", (tx.deadline-tx.started)/1000))
}
