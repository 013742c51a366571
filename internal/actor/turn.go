package actor

import (
	"bytes"
	"log/slog"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const (
	turnMessages = 32      // a CA with more to do goes back in line
	maxPending   = 4 << 20 // bytes of changes, after which a CA waits for its commit
	maxEffects   = 1024    // the same for effects

	// MaxState is the limit of a CA's encoded state in bytes.
	MaxState = 4 << 20
)

var (
	errDeadline = wire.Err(wire.Deadline, "The method overran its deadline; everything it did is undone.")
	errStuck    = wire.Retry(wire.Unavailable, "This assistant is stuck in two methods past their deadline; try again when one has returned.", 1000)
	errLost     = wire.Retry(wire.Unavailable, "This assistant has moved; nothing was done, try again.", 50)
	errNoSuchCA = wire.Err(wire.NotFound, "There is no such assistant; only its owner can create it, by a first request.")
	errDying    = wire.Retry(wire.Unavailable, "This assistant is being removed; try again shortly.", 100)
	errAnswer   = wire.Err(wire.TooLarge, "A result of more than 1 MiB can't be sent to another assistant; everything the method did is undone.")
	errEncode   = wire.Err(wire.Failed, "The assistant's state can't be encoded; everything the method did is undone.")
	errState    = wire.Err(wire.TooLarge, "The assistant's state would exceed 4 MiB; everything the method did is undone.")
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
	for range turnMessages {
		step, m := c.next()
		kept = true
		switch step {
		case rest:
			return true
		case cleanUp:
			c.cleanUp()
		case load:
			c.load(m)
		case live:
			c.begin()
			kept = c.run(w, c.lifecycle(c.todo[0]))
		case tend:
			kept = c.tend(w)
		case turnAway:
			m.reply(nil, errStuck)
		case handle:
			kept = c.handle(w, m)
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
		return turnAway, c.box.pop()
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
func (c *CA) handle(w *worker, m *Message) (kept bool) {
	c.begin()
	if c.meta.dying {
		c.conclude(m, nil, c.farewell(m), outcome{repeated: true})
		return true
	}
	if m.post != nil {
		if seen, word := c.inbox().check(m); seen || word != nil {
			c.conclude(m, nil, word, outcome{repeated: true})
			return true
		}
	}
	switch {
	case m.answer != nil && !c.outbox().awaits(m):
		m.answer = nil // not asked for, or answered before
		c.conclude(m, nil, nil, outcome{})
		return true
	case m.Kind.External():
		return c.guarded(w, m)
	default:
		return c.run(w, m)
	}
}

// farewell is what a CA says that is destroyed but for messages still on their way.
func (c *CA) farewell(m *Message) *wire.Error {
	switch {
	case m.answer != nil:
		return nil
	case m.Kind == Call && c.name.AsOwner().Covers(m.From):
		return errDying
	default:
		return errNoSuchCA
	}
}

func (c *CA) guarded(w *worker, m *Message) (kept bool) {
	switch v := c.guard.Admit(m, c.rt.now()); {
	case v.Refused != nil:
		c.conclude(m, nil, v.Refused, outcome{repeated: m.post != nil && passing(v.Refused.Code)})
	case v.Replay:
		c.conclude(m, v.Result, nil, outcome{repeated: true})
	case m.Method == "":
		c.conclude(m, cbor.AppendNull(nil), nil, outcome{})
	default:
		return c.run(w, m)
	}
	return true
}

// run executes the method of one message, for which the transaction has begun.
func (c *CA) run(w *worker, m *Message) (kept bool) {
	now := c.rt.now()
	tx := &Tx{ca: c, m: m, started: now, deadline: now + c.class.Deadline().Microseconds()}
	result, err, inTime := w.invoke(tx, c.instance)
	if !inTime {
		return false
	}
	c.conclude(m, result, err, outcome{ran: true})
	return true
}

// outcome tells how a message came to its end.
type outcome struct {
	ran      bool // its method was called
	repeated bool // it had been handled before, or will come again: nothing is done now
}

// conclude ends a message: what it changed joins the pending commit, or is undone; in both cases its outcome is kept and its sender told, once that is durable.
func (c *CA) conclude(m *Message, result []byte, err *wire.Error, how outcome) {
	var state []byte
	if err == nil && how.ran {
		state, err = c.encode(m, result)
	}
	if err != nil {
		c.undo(how.ran)
	}
	word := err
	if !how.repeated {
		word = c.settle(m, result, err)
	}
	if !c.join(m, state, result, err, word) {
		m.reply(nil, errLost)
	}
	c.flush()
}

// encode is the state after a message. Results that go to other CAs are bounded here, for they are stored.
func (c *CA) encode(m *Message, result []byte) ([]byte, *wire.Error) {
	state, err := c.encoded(c.instance)
	if err == nil {
		err = c.checked(state)
	}
	switch {
	case err != nil:
		c.rt.log.Error("state can't be encoded", slog.String("ca", c.key), slog.Any("error", err))
		return nil, errEncode
	case len(state) > MaxState:
		return nil, errState
	case m.Kind == Send && len(result) > MaxAnswer:
		return nil, errAnswer
	}
	return state, nil
}

func (c *CA) begin() {
	for i := range c.parts {
		c.parts[i].part.Begin()
	}
}

// undo takes everything back to where the message began.
func (c *CA) undo(ran bool) {
	for i := range c.parts {
		c.parts[i].part.Rollback()
	}
	c.begin()
	if ran {
		c.restore(c.decode(c.instance))
	}
}

// restore goes on in an instance that was taken back. Where the app can't decode what it encoded a moment ago, the CA has to be loaded again.
func (c *CA) restore(instance any, err error) {
	c.instance = instance
	if err != nil {
		c.broken = true
		c.rt.log.Error("state can't be restored", slog.String("ca", c.key), slog.Any("error", err))
	}
}

// settle keeps the books that hold whether the method succeeded or not. It returns what the sender hears of it at once.
func (c *CA) settle(m *Message, result []byte, err *wire.Error) (word *wire.Error) {
	word = err
	if m.post != nil {
		c.inbox().record(m)
		word = nil // it is settled, whatever became of it
	}
	switch m.Kind {
	case Call, Send:
		c.guard.Settle(result, err)
		if m.post != nil && m.post.wants(err) {
			c.outbox().answer(m, result, err)
			word = errFollows
		}
	case Answer, Undone:
		if m.answer != nil {
			c.outbox().settled(m)
		}
	case Alarm, Pulse:
		c.timers().fired(m.alarm, c.rt.now())
	}
	if err != nil && !m.Kind.External() {
		c.rt.log.Warn("message failed", slog.String("ca", c.key), slog.String("kind", m.Kind.String()), slog.String("method", m.Method), slog.Any("error", err))
	}
	return word
}

// join adds what the message changed, and word of it, to the pending commit. It reports false when the activation has been dropped meanwhile.
func (c *CA) join(m *Message, state, result []byte, err, word *wire.Error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return false
	}
	commit := c.openCommit()
	commit.wrote = false
	if lifecycles[m.Kind] && err != nil {
		c.unload(err)
		return true
	}
	changed := state != nil && !bytes.Equal(state, c.state)
	if changed {
		c.state = state
	}
	if c.advance(m) || changed {
		commit.Put(stateKey, c.state)
	}
	c.encodeParts(commit)
	if commit.wrote {
		c.stamp(commit)
	}
	if m.Reply != nil {
		commit.reply(m, result, word)
	}
	if c.broken {
		c.forget()
	}
	return true
}

// encodeParts lets the guard come last: it counts only what changed something.
func (c *CA) encodeParts(commit *Commit) {
	for i := range c.parts {
		if p := c.parts[i].part; p != Part(c.guard) {
			p.Encode(commit)
		}
	}
	c.guard.Encode(commit)
}

// stamp adds what goes with every write.
func (c *CA) stamp(commit *Commit) {
	if c.meta.dirty {
		c.meta.dirty = false
		commit.Put(metaKey, c.meta.encode())
	}
	commit.due = c.due()
	c.wakeLocked(commit.due)
}

// tend lets the CA work on its own account: one timer that is due, or else the parts' housekeeping.
func (c *CA) tend(w *worker) (kept bool) {
	now := c.rt.now()
	c.begin()
	if m := c.alarm(now); m != nil {
		c.mu.Lock()
		c.wake = true // there may be another one
		c.mu.Unlock()
		return c.run(w, m)
	}
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Tender); ok {
			p.Tend(now)
		}
	}
	c.conclude(&Message{Kind: tending, From: c.name, To: c.name}, nil, nil, outcome{})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeLocked(c.due())
	return true
}

// alarm is the message of a timer that is due, nil for none.
func (c *CA) alarm(now int64) *Message {
	if t := c.timers(); t != nil {
		return t.next(now)
	}
	return nil
}

// overran is the watch's word that a method's deadline has passed.
func (c *CA) overran(tx *Tx) {
	if !tx.close(overrun) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = tx
	c.stuck++
	c.phase = queued
	c.rt.sched.push(c)
}

// returned is called when a method that overran its deadline has come back at last.
func (c *CA) returned() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stuck--
	c.rouse()
}

// cleanUp goes on after an overrun in a fresh instance: the old one still belongs to the stuck method.
func (c *CA) cleanUp() {
	c.mu.Lock()
	m := c.late.m
	c.late = nil
	c.mu.Unlock()
	c.undo(false)
	c.restore(c.decoded())
	if c.class.Handles(Resume) && len(c.todo) == 0 {
		c.todo = append(c.todo, Resume)
	}
	c.conclude(m, nil, errDeadline, outcome{})
}
