package sfu

import (
	"sync"

	"github.com/wabgo/wab/internal/wire"
)

// maxSignals is how many signals of a member wait to be worked off.
const maxSignals = 128

// inbox is what a peer's goroutine has to do. All but signals are conditions, not messages: however often they are raised, they are
// seen once.
type inbox struct {
	wake chan struct{}

	mu      sync.Mutex
	signals []Signal
	dirty   bool // subscriptions may have changed
	resume  bool
	fail    error
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) raise(set func()) {
	b.mu.Lock()
	set()
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *inbox) renegotiate() { b.raise(func() { b.dirty = true }) }
func (b *inbox) resumed()     { b.raise(func() { b.resume = true }) }

func (b *inbox) failed(err error) {
	b.raise(func() {
		if b.fail == nil {
			b.fail = err
		}
	})
}

func (b *inbox) signal(s Signal) (err error) {
	b.raise(func() {
		if len(b.signals) >= maxSignals {
			err = wire.Retry(wire.Overloaded, "Signals of this call come faster than they are worked off.", 1000)
			return
		}
		b.signals = append(b.signals, s)
	})
	return err
}

// task is all that an inbox holds at one time.
type task struct {
	signals       []Signal
	dirty, resume bool
	fail          error
}

func (b *inbox) take() task {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := task{b.signals, b.dirty, b.resume, b.fail}
	b.signals, b.dirty, b.resume = nil, false, false
	return t
}
