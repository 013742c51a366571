package actor

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const (
	turnMessages = 32      // a CA with more to do goes back in line,
	turnTime     = 100     // µs after which it does so too
	maxPending   = 4 << 20 // bytes of changes, after which a CA waits for its commit
	maxEffects   = 1024    // the same for effects
)

var (
	errStuck    = wire.Retry(wire.Unavailable, "This assistant is stuck in two methods past their deadline; try again when one has returned.", 1000)
	errLost     = wire.Retry(wire.Unavailable, "This assistant has moved; nothing was done, try again.", 50)
	errNoSuchCA = wire.Err(wire.NotFound, "There is no such assistant; only its owner can create it, by a first request.")
	errDying    = wire.Retry(wire.Unavailable, "This assistant is being removed; try again shortly.", 100)
)

// step is what a turn does next.
type step uint8

const (
	rest step = iota
	cleanUp
	load
	live
	tend
	turnAway
	handle
)

// turn works for one CA until there is nothing to do or others should have their share. It reports false when a method overran its deadline:
// the turn has then passed to another worker.
func (c *CA) turn(w *worker) (kept bool) {
	start := c.rt.now()
	now := start // when the last message began
	w.long = true
	for n := range turnMessages {
		if now-start > turnTime {
			return true
		}
		step, m := c.next()
		kept = true
		switch step {
		case rest:
			w.long = n > turnMessages/2
			return true
		case cleanUp:
			c.cleanUp()
		case load:
			c.load(m)
		case live:
			c.begin()
			kept = c.run(w, c.lifecycle(c.todo[0]), c.rt.now())
		case tend:
			kept = c.tend(w)
		case turnAway:
			m.reply(nil, errStuck)
		case handle:
			if n > 0 {
				now = c.rt.now()
			}
			kept = c.handle(w, m, now)
		}
		if !kept {
			return false
		}
	}
	return true
}

func (c *CA) next() (step, *Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.late != nil:
		return cleanUp, nil
	case !c.ready():
		return rest, nil
	case c.stuck > 1:
		if m := c.turnable(); m != nil {
			return turnAway, m
		}
		return rest, nil
	case !c.loaded:
		return load, c.box.peek()
	case len(c.todo) > 0:
		return live, nil
	case c.wake && (!c.tended || c.box.len() == 0):
		c.wake, c.tended = false, true
		return tend, nil
	default:
		c.tended = false
		return handle, c.box.pop()
	}
}

// turnable takes a message out that has somebody to hear of it. The CA's own notices are nobody's to repeat: they are held. Call with mu held.
func (c *CA) turnable() *Message {
	for m := c.box.pop(); m != nil; m = c.box.pop() {
		if m.Reply != nil {
			return m
		}
		c.held = append(c.held, m)
	}
	return nil
}

// ready tells whether a turn would find something to do. Call with mu held.
func (c *CA) ready() bool {
	switch {
	case c.late != nil:
		return true
	case c.gone || c.pending.full() || c.pending.destroys() || c.inflight.destroys():
		return false // until the commit in flight is done
	case !c.loaded && (c.pending != nil || c.inflight != nil):
		return false // loading must see what is being written
	case c.stuck > 1:
		return c.box.len() > 0
	default:
		return c.wake || c.box.len() > 0
	}
}

// rouse gives the CA a place in line. Call with mu held.
func (c *CA) rouse() {
	if c.phase == resting && c.ready() {
		c.phase = queued
		c.rt.sched.push(c)
	}
}

func (c *CA) endTurn() {
	c.mu.Lock()
	c.phase = resting
	c.lastWork = c.rt.now()
	c.rouse()
	c.retire()
	gone, waiting := c.leftovers()
	c.mu.Unlock()
	c.rt.moveOn(c, gone, waiting)
}

// handle takes one message from the mailbox: duplicates and refusals are answered, the rest is run.
func (c *CA) handle(w *worker, m *Message, now int64) (kept bool) {
	c.begin()
	if m.post != nil {
		if seen, word := c.inbox().check(m); seen || word != nil {
			c.conclude(m, nil, word, outcome{repeated: true})
			return true
		}
	}
	if c.meta.dying {
		result, err := c.farewell(m)
		c.conclude(m, result, err, outcome{repeated: true})
		return true
	}
	switch {
	case m.answer != nil && !c.outbox().awaits(m):
		m.answer = nil // not asked for, or answered before
		c.conclude(m, nil, nil, outcome{})
		return true
	case m.Kind.External():
		return c.guarded(w, m, now)
	default:
		return c.run(w, m, now)
	}
}

// farewell is what a CA says that is destroyed but for messages still on their way.
func (c *CA) farewell(m *Message) (result []byte, err *wire.Error) {
	switch v := c.recollect(m); {
	case m.answer != nil:
		return nil, nil
	case v.Replay || v.Refused != nil:
		return v.Result, v.Refused
	case m.Kind == Call && c.name.AsOwner().Covers(m.From):
		return nil, errDying
	default:
		return nil, errNoSuchCA
	}
}

func (c *CA) recollect(m *Message) Verdict {
	if m.Kind != Call {
		return Verdict{}
	}
	return c.guard.Recall(m, c.rt.now())
}

func (c *CA) guarded(w *worker, m *Message, now int64) (kept bool) {
	switch v := c.guard.Admit(m, now); {
	case v.Refused != nil:
		c.conclude(m, nil, v.Refused, outcome{repeated: m.post != nil && passing(v.Refused.Code)})
	case v.Replay:
		c.conclude(m, v.Result, nil, outcome{repeated: true})
	case m.Method == "" || v.Done:
		c.conclude(m, cbor.AppendNull(nil), nil, outcome{})
	default:
		return c.run(w, m, now)
	}
	return true
}

// run executes the method of one message, for which the transaction has begun.
func (c *CA) run(w *worker, m *Message, now int64) (kept bool) {
	tx := &Tx{ca: c, m: m, started: now, deadline: now + c.class.Deadline().Microseconds()}
	result, err, inTime := w.invoke(tx, c.instance)
	if !inTime {
		return false
	}
	c.conclude(m, result, err, outcome{ran: true})
	return true
}

// tend lets the CA work on its own account: one message of a part, a timer's for instance, or else the parts' housekeeping.
func (c *CA) tend(w *worker) (kept bool) {
	now := c.rt.now()
	c.begin()
	if m := c.ring(now); m != nil {
		c.mu.Lock()
		c.wake = true // there may be another one
		c.mu.Unlock()
		if m.Kind == Published {
			return c.guarded(w, m, now)
		}
		return c.run(w, m, now)
	}
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Tender); ok {
			p.Tend(now)
		}
	}
	c.sweep(now)
	c.conclude(&Message{Kind: tending, From: c.name, To: c.name}, nil, nil, outcome{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.schedule()
	return true
}

// ring is the next message that a part has for its CA, nil for none. Parts take turns.
func (c *CA) ring(now int64) *Message {
	for i := range c.parts {
		at := (c.rang + 1 + i) % len(c.parts)
		p, ok := c.parts[at].part.(Ringer)
		if !ok {
			continue
		}
		if m := p.Next(now); m != nil {
			c.rang = at
			if m.Kind != Published {
				m.From = c.name
			}
			m.To, m.ringer = c.name, p
			return m
		}
	}
	return nil
}
