package actor

import (
	"log/slog"
	"math/rand/v2"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// load brings the CA into memory for its first message m, or for work of its own when m is nil.
func (c *CA) load(m *Message) {
	c.parts, c.todo = nil, nil
	c.guard = c.newGuard()
	c.meta, c.state, c.grave, c.unborn, c.expired = meta{}, nil, 0, false, nil
	rev, err := c.rt.store.Load(c.key, hotKeys, c.loadKey)
	switch {
	case err != nil:
		c.refuse(wire.Err(wire.Internal, "This assistant can't be loaded; its data is kept, tell the operator."), err)
	case rev != 0 && c.grave == 0:
		c.awake(rev)
	case m == nil:
		c.decay(rev)
	case c.recall(m):
	case !c.mayMake(m):
		c.turnDown(errNoSuchCA)
	default:
		if v := c.guard.Admit(m, c.rt.now()); v.Refused != nil {
			c.turnDown(v.Refused)
		} else if full := c.mayBeBorn(); full != nil {
			c.turnDown(full)
		} else {
			c.create(rev)
		}
	}
}

// newGuard is the Gate's part, or what an Open class has instead.
func (c *CA) newGuard() Guard {
	if o, ok := c.class.(Open); ok {
		return door{o}
	}
	return c.part(c.rt.gate).(Guard)
}

// mayMake tells whether a message may make the CA: its owner's own may, if policy lets it in.
func (c *CA) mayMake(m *Message) bool {
	if _, open := c.class.(Open); open {
		return m.Kind == Send
	}
	return m.Kind.External() && c.name.AsOwner().Covers(m.From)
}

// turnDown answers the first message to a CA that does not exist.
func (c *CA) turnDown(err *wire.Error) { c.answer(nil, err) }

func (c *CA) answer(result []byte, err *wire.Error) {
	c.mu.Lock()
	m := c.box.pop()
	c.mu.Unlock()
	m.reply(result, err)
}

// recall answers a message from the receipts of a CA of this name that is destroyed, and tells whether it could.
func (c *CA) recall(m *Message) bool {
	switch {
	case c.grave == 0:
		return false
	case m.post != nil:
		seen, word := c.inbox().check(m)
		if seen || word != nil {
			c.turnDown(word)
		}
		return seen || word != nil
	}
	v := c.guard.Recall(m, c.rt.now())
	if v.Replay || v.Refused != nil {
		c.answer(v.Result, v.Refused)
	}
	return v.Replay || v.Refused != nil
}

// decay has nothing to do for a CA that does not exist, but to remove what is left of it when that is no longer needed.
func (c *CA) decay(rev store.Rev) {
	c.mu.Lock()
	c.wake = false
	if c.grave != 0 && c.grave <= c.rt.now() {
		c.rev = rev
		c.openCommit().destroy = true
	} else {
		c.wakeLocked(c.grave) // a clock may be put back
	}
	c.mu.Unlock()
	c.flush()
}

// loadKey takes one hot key.
func (c *CA) loadKey(key, value []byte) error {
	if len(key) < 2 {
		return errMeta
	}
	var err error
	switch key[1] {
	case letterMeta:
		c.meta, err = parseMeta(value)
	case letterGrave:
		r := cbor.NewReader(value)
		c.grave, err = r.Int(), r.Done()
	case letterState:
		c.state = append([]byte(nil), value...)
	default:
		err = c.loadPart(append([]byte(nil), key...), append([]byte(nil), value...))
	}
	return err
}

func (c *CA) loadPart(key, value []byte) error {
	for _, f := range c.rt.features {
		if f.Letter() != key[1] {
			continue
		}
		if l, ok := c.part(f).(Loader); ok {
			return l.Load(key, value)
		}
	}
	return nil // a feature that this server does not have: its keys stay as they are
}

// awake continues a CA that exists.
func (c *CA) awake(rev store.Rev) {
	instance, err := c.decoded()
	if err != nil {
		c.refuse(wire.Err(wire.Failed, "This assistant's state doesn't fit this version of its app; it is kept as it was."), err)
		return
	}
	c.instance = instance
	if !c.meta.dying {
		if c.meta.version != c.class.Version() {
			c.plan(Upgrade)
		}
		c.plan(Resume)
		c.pulse()
	}
	c.mu.Lock()
	c.rev, c.loaded = rev, true
	c.schedule()
	c.mu.Unlock()
}

// create makes a CA, perhaps over what is left of another one. It exists once its first commit is durable.
func (c *CA) create(rev store.Rev) {
	instance, err := c.fresh()
	if err == nil {
		c.state, err = c.encoded(instance)
	}
	if err != nil {
		c.refuse(errEncode, err)
		return
	}
	c.instance = instance
	c.meta = meta{version: c.class.Version(), incarnation: rand.Uint64(), created: c.rt.now(), sweepAt: c.grave, dirty: true}
	c.pulse()
	c.plan(Init)
	c.unborn = true
	c.mu.Lock()
	c.rev, c.loaded = rev, true
	c.mu.Unlock()
}

// pulse sees to the timer behind Pulse.
func (c *CA) pulse() {
	every := c.class.PulseEvery()
	if every > 0 || c.timers() != nil {
		c.part(timerFeature{}).(*timers).pulse(every, c.rt.now())
	}
}

func (c *CA) plan(kind Kind) {
	if c.class.Handles(kind) {
		c.todo = append(c.todo, kind)
	} else if kind == Upgrade {
		c.meta.version, c.meta.dirty = c.class.Version(), true
	}
}

func (c *CA) lifecycle(kind Kind) *Message {
	m := &Message{Kind: kind, From: c.name, To: c.name, Method: kind.String()}
	if kind == Upgrade {
		m.Args = cbor.AppendText(cbor.AppendArrayHeader(nil, 1), c.meta.version)
	}
	return m
}

// advance goes on to the next lifecycle step. It tells whether the CA is to be written whatever else the message changed: created, or upgraded.
func (c *CA) advance(m *Message) bool {
	if lifecycles[m.Kind] {
		c.todo = c.todo[1:]
	}
	if m.Kind == Upgrade {
		c.meta.version, c.meta.dirty = c.class.Version(), true
	}
	return m.Kind == Upgrade || (c.unborn && len(c.todo) == 0)
}

// lifecycles are the messages without whose success a CA is not loaded.
var lifecycles = [kinds]bool{Init: true, Resume: true, Upgrade: true}

// refuse gives up loading: those who wait are told, and the stored CA stays untouched.
func (c *CA) refuse(answer *wire.Error, cause error) {
	c.rt.log.Error("CA can't be loaded", slog.String("ca", c.key), slog.Any("error", cause))
	c.rt.wakes.keep(c.key, c.rt.now()+reload.Microseconds()) // it may be due
	c.mu.Lock()
	c.openCommit()
	c.unload(answer)
	c.mu.Unlock()
	c.flush()
}

// unload drops what is in memory and answers those who wait. The next message loads the CA again. Call with mu held and a commit open.
func (c *CA) unload(answer *wire.Error) {
	c.born()
	c.forget()
	c.wake = false
	for _, m := range c.box.drain() {
		if m.post != nil {
			c.pending.reply(m, nil, errUnloaded) // it comes again: a later version may load
		} else {
			c.pending.reply(m, nil, answer)
		}
	}
}

func (c *CA) forget() {
	c.loaded, c.broken = false, false
	c.instance, c.state, c.parts, c.guard, c.todo = nil, nil, nil, nil, nil
}

var errUnloaded = wire.Retry(wire.Unavailable, "The receiver can't be loaded now.", 1000)
