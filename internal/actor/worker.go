package actor

import (
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/wabgo/wab/internal/wire"
)

// worker runs turns, one after the other.
type worker struct {
	rt      *Runtime
	current atomic.Pointer[Tx] // the transaction whose method runs now
	long    bool               // the last turn had more to do
	blocked bool               // counted in scheduler.blocked; guarded by its mu
}

func (w *worker) work() {
	over := false
	defer func() {
		if !over { // a method has ended this goroutine
			w.rt.sched.replace(w)
		}
	}()
	for {
		c := w.rt.sched.pop(w)
		if over = c == nil; over {
			return
		}
		if c.turn(w) {
			c.endTurn()
		}
		if w.long {
			runtime.Gosched() // the committer, and whoever waits for an answer, must not wait for a time slice of ours
		}
	}
}

// unblock is called with the scheduler's mu held.
func (w *worker) unblock(s *scheduler) {
	if w.blocked {
		w.blocked = false
		s.blocked--
	}
}

// invoke runs the message's method on the worker's own goroutine. It reports false when the method overran its deadline meanwhile: then
// somebody else has the CA's turn, and the worker must touch nothing of it.
func (w *worker) invoke(tx *Tx, instance any) (result []byte, err *wire.Error, inTime bool) {
	w.current.Store(tx)
	w.rt.watch.arm()
	result, err = w.protect(tx, instance)
	w.current.Store(nil)
	if !tx.end() {
		tx.ca.returned()
		return nil, nil, false
	}
	return result, err, true
}

// protect turns panics of app code into errors; their stacks go to the log only. A method that ends its goroutine ends the worker too.
func (w *worker) protect(tx *Tx, instance any) (result []byte, fail *wire.Error) {
	returned := false
	defer func() {
		p := recover()
		switch {
		case p == nil && !returned:
			w.exited(tx)
			return
		case p == nil || p == errDead:
			return
		}
		w.rt.log.Error("method panicked", slog.String("ca", tx.ca.key), slog.String("method", tx.m.Method),
			slog.String("panic", fmt.Sprint(p)), slog.String("stack", string(debug.Stack())))
		result, fail = nil, wire.Err(wire.Failed, "The method panicked; everything it did is undone.")
	}()
	result, err := tx.ca.class.Invoke(tx, instance, tx.m)
	returned = true
	return result, coded(err)
}

// exited hands the turn on: this goroutine can't be saved.
func (w *worker) exited(tx *Tx) {
	w.current.Store(nil)
	w.rt.log.Error("method ended its goroutine", slog.String("ca", tx.ca.key), slog.String("method", tx.m.Method))
	tx.ca.abort(tx, exited)
	tx.ca.returned()
}

// coded gives an app's error its code.
func coded(err error) *wire.Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *wire.Error:
		return e
	default:
		return wire.Err(wire.Failed, excerpt(err.Error()))
	}
}

// excerpt bounds what an error may say. It is stored and sent as a text, and must be one.
func excerpt(s string) string {
	const limit = 1000
	if s = strings.ToValidUTF8(s, "\uFFFD"); len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
