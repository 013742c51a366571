package server

import (
	"fmt"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// At makes a durable timer: at an instant, the method is called with the arguments. It survives restarts and rings late rather than never, once.
// The method takes them as parameters, or a Timer. A CA has up to 1,000 timers.
func (tx *Tx) At(at time.Time, method string, args ...any) TimerID {
	tx.changes("At")
	if at.After(farthest) {
		at = farthest // beyond are instants that no number of µs can tell
	}
	if at.Before(time.Unix(0, 0)) {
		at = time.Unix(0, 0)
	}
	return tx.set(clock.Micros(at), 0, method, args)
}

var farthest = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// After is At, in a while.
func (tx *Tx) After(d time.Duration, method string, args ...any) TimerID {
	tx.changes("After")
	return tx.set(tx.tx.Now()+max(0, d.Microseconds()), 0, method, args)
}

// Every is a timer that rings again and again, the first time after one period of at least 10 ms. Times missed while the server was down are not made up for.
func (tx *Tx) Every(period time.Duration, method string, args ...any) TimerID {
	tx.changes("Every")
	if period <= 0 {
		tx.fail(fmt.Errorf("every %v: the period must be positive", period))
		return 0
	}
	return tx.set(tx.tx.Now()+period.Microseconds(), max(1, period.Microseconds()), method, args)
}

// Cancel removes a timer, and tells whether it was still there.
func (tx *Tx) Cancel(id TimerID) bool {
	tx.changes("Cancel")
	return tx.tx.Cancel(uint64(id))
}

func (tx *Tx) set(at, every int64, method string, args []any) TimerID {
	if err := tx.class.ringable(method, len(args)); err != nil {
		tx.fail(fmt.Errorf("timer: %w", err))
		return 0
	}
	packed, err := marshalAll(args)
	if err != nil {
		tx.fail(fmt.Errorf("timer: %w", err))
		return 0
	}
	id, err := tx.tx.Set(at, every, method, packed)
	if err != nil {
		tx.fail(fmt.Errorf("timer: %w", err))
	}
	return TimerID(id)
}

// ringable finds mistakes when the timer is made rather than when it rings.
func (c *class) ringable(method string, args int) error {
	m := c.methods[method]
	switch {
	case m == nil:
		return fmt.Errorf("there is no method %s", method)
	case m.handler != nil && m.handler != typeTimer:
		return fmt.Errorf("%s takes a server.%s", method, m.handler.Name())
	case m.handler == nil && args != len(m.args):
		return fmt.Errorf("%s takes %s, not %d", method, count(len(m.args), "argument"), args)
	}
	return nil
}
