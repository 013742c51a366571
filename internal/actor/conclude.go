package actor

import (
	"bytes"
	"log/slog"

	"github.com/wabgo/wab/internal/wire"
)

// MaxState is the limit of a CA's encoded state in bytes.
const MaxState = 4 << 20

var (
	errAnswer = wire.Err(wire.TooLarge, "A result of more than 1 MiB can't be sent to another assistant; everything the method did is undone.")
	errEncode = wire.Err(wire.Failed, "The assistant's state can't be encoded; everything the method did is undone.")
	errState  = wire.Err(wire.TooLarge, "The assistant's state would exceed 4 MiB; everything the method did is undone.")
)

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
	case Call, Send, Published, Raised:
		c.guard.Settle(result, err)
		if m.post != nil && m.post.wants(err) {
			c.outbox().answer(m, result, err)
			word = errFollows
		}
	case Answer, Undone:
		if m.answer != nil {
			c.outbox().settled(m)
		}
	}
	if m.ringer != nil {
		m.ringer.Settled(m, err)
	}
	if err != nil && nobodyHears(m.Kind, err) {
		c.complain(m, err)
	}
	return word
}

// nobodyHears tells whether a failure has to be logged to be known. What policy says of a publisher is in the ledger.
func nobodyHears(kind Kind, err *wire.Error) bool {
	if kind == Published {
		return err.Code != wire.NotAllowed && err.Code != wire.Unavailable
	}
	return !kind.External()
}

// complainEvery is how often a CA's failures of its own are logged at most: nobody waits for them, and a timer may fail a hundred times a second.
const complainEvery = 1_000_000 // µs

func (c *CA) complain(m *Message, err *wire.Error) {
	now := c.rt.now()
	if c.quiet++; now-c.complained < complainEvery {
		return
	}
	c.rt.log.Warn("message failed", slog.String("ca", c.key), slog.String("kind", m.Kind.String()), slog.String("method", m.Method),
		slog.Any("error", err), slog.Int("failures", c.quiet))
	c.complained, c.quiet = now, 0
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
	if state != nil && !bytes.Equal(state, c.state) {
		c.state = state
		commit.Put(stateKey, state)
	}
	c.encodeParts(commit)
	c.encodeSweep(commit)
	c.planSweep(commit)
	if c.advance(m) { // after the guard: making a CA is nobody's change
		commit.Put(stateKey, c.state)
	}
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

// encodeParts lets the timers, then what rides along, and then the guard come last: they ask whether anything has changed.
func (c *CA) encodeParts(commit *Commit) {
	timers := c.timers()
	for i := range c.parts {
		if p := c.parts[i].part; p != Part(c.guard) && p != Part(timers) {
			p.Encode(commit)
		}
	}
	if timers != nil {
		timers.Encode(commit)
	}
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Rider); ok {
			p.Ride(commit)
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
	if c.unborn {
		c.unborn = false
		if c.grave != 0 {
			commit.Delete(graveKey)
		}
	}
	commit.due, commit.left = c.schedule()
	if commit.destroy && c.meta.sweepAt != 0 {
		commit.grave = c.rt.now() + MaxReceiptAge
		commit.due, commit.left = commit.grave, true
	}
}
