package fetch

import (
	"context"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/outgoing"
	"github.com/wabgo/wab/internal/wire"
)

// flight is one call, from when it stands in line until its answer has been handled.
type flight struct {
	fetches *Fetches
	key     string

	// Guarded by Fetches.mu:
	cancel func() // nil until the call stands in line
	landed bool
	answer outgoing.Answer
	err    *wire.Error
}

// begin makes a call and rouses its CA when it has ended. It returns nil while the server drains.
func (f *Fetches) begin(q *pending, ca *actor.CA, call outgoing.Call) *flight {
	fl := &flight{fetches: f, key: q.key}
	f.mu.Lock()
	refused := f.quiet != nil || f.closed
	if !refused {
		f.flights[fl.key] = fl
		f.underway++
	}
	f.mu.Unlock()
	if refused {
		return nil
	}
	rouse := ca.Rouser()
	cancel := f.start(q, ca.Name(), call, func(a outgoing.Answer, err *wire.Error) {
		if f.land(fl, a, err) {
			rouse() // before it counts as ended: who waits for calls under way finds their CAs at work
			f.landed()
		}
	})
	f.mu.Lock()
	fl.cancel = cancel
	dropped := f.flights[fl.key] != fl
	f.mu.Unlock()
	if dropped {
		cancel()
	}
	return fl
}

// start hands a call to whom it is for: a carrier, or the client.
func (f *Fetches) start(q *pending, from name.Name, call outgoing.Call, done func(outgoing.Answer, *wire.Error)) (cancel func()) {
	if c := f.carrier(call.URL); c != nil && q.asked {
		return f.carry(c, from, call, done)
	}
	return f.client.Start(from.Owner, call, done)
}

// land keeps what came of a call, if anybody still wants to know.
func (f *Fetches) land(fl *flight, a outgoing.Answer, err *wire.Error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || f.flights[fl.key] != fl || fl.landed {
		return false
	}
	fl.landed, fl.answer, fl.err = true, a, err
	return true
}

func (f *Fetches) landed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone()
}

// gone counts a call that has ended. Call with mu held.
func (f *Fetches) gone() {
	if f.underway--; f.underway == 0 && f.quiet != nil {
		close(f.quiet)
	}
}

// ended is what came of a flight's call.
func (fl *flight) ended() (outgoing.Answer, *wire.Error, bool) {
	fl.fetches.mu.Lock()
	defer fl.fetches.mu.Unlock()
	return fl.answer, fl.err, fl.landed
}

// find is the flight of a fetch, nil if there is none.
func (f *Fetches) find(key string) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flights[key]
}

// drop forgets a flight, and ends its call if it is under way.
func (f *Fetches) drop(fl *flight) {
	f.mu.Lock()
	known := f.flights[fl.key] == fl
	if known {
		delete(f.flights, fl.key)
		if !fl.landed {
			f.gone()
		}
	}
	cancel := fl.cancel
	f.mu.Unlock()
	if known && cancel != nil {
		cancel()
	}
}

func (f *Fetches) draining() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.quiet != nil || f.closed
}

// drainFor is how long Drain waits: what is cut off is called again by the next process, with the same key.
const drainFor = 2 * time.Second

// Drain begins no call any more, and waits for those under way: 2 s, or until the context ends. Their CAs get what has come by then.
func (f *Fetches) Drain(ctx context.Context) {
	f.mu.Lock()
	if f.quiet == nil {
		f.quiet = make(chan struct{})
		if f.underway == 0 {
			close(f.quiet)
		}
	}
	quiet := f.quiet
	f.mu.Unlock()
	late := make(chan struct{})
	defer f.clock.AfterFunc(drainFor, func() { close(late) }).Stop()
	select {
	case <-quiet:
	case <-late:
	case <-ctx.Done():
	}
}

// Close ends the feature: what its calls come to is not heard any more.
func (f *Fetches) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}
