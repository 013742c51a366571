package actor

import (
	"log/slog"
	"sync"
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
	mu      sync.Mutex
	ticking bool
	closed  bool
	timer   clock.Timer
}

// arm is called on every invocation; it costs a lock only when the watch sleeps.
func (w *watch) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ticking || w.closed {
		return
	}
	w.ticking = true
	w.timer = w.rt.clock.AfterFunc(watchEvery, w.tick)
}

func (w *watch) tick() {
	busy := w.look(w.rt.now())
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ticking = busy && !w.closed; w.ticking {
		w.timer = w.rt.clock.AfterFunc(watchEvery, w.tick)
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
