package actor

import (
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/store"
)

// CA is one activation of a Cloud Assistant: what is in memory while it has work, or had some a moment ago.
type CA struct {
	rt    *Runtime
	key   string // canonical name, app:owner/local
	name  name.Name
	class Class

	mu       sync.Mutex
	box      mailbox
	phase    phase
	birth    bool       // counted in Runtime.births
	gone     bool       // dropped: another activation may take its place
	wake     bool       // some part has work of its own
	tended   bool       // the last step was work of its own: messages are next
	late     *Tx        // overran its deadline; the next turn cleans up after it
	stuck    int        // methods past their deadline that have not returned
	held     []*Message // notices of its own, while it is stuck
	wakeAt   int64      // the earliest call of Runtime.wakes, 0 for none
	lastWork int64      // µs UTC

	pending  *Commit // what waits to be written
	inflight *Commit // what is being written, and whose effects are being let out
	rev      store.Rev

	nextTurn *CA // the scheduler's list

	face atomic.Value // what the guard shows to senders

	// The rest belongs to whoever has the turn.
	loaded   bool   // changed with mu held
	broken   bool   // the instance could not be taken back: it is loaded again
	todo     []Kind // lifecycle messages to run before any other
	instance any
	state    []byte // the encoded state after the last message
	meta     meta
	parts    []featurePart
	guard    Guard
	grave    int64    // when what is left of a CA before it goes, µs UTC; 0 for none
	unborn   bool     // made, but not written yet
	expired  [][]byte // receipts to be removed
	swept    bool     // they have been looked for
	kept     bool     // its next instant is in Runtime.wakes alone: the index tells of the server's start
	rang     int      // the place of the part whose message ran last

	complained int64 // when a failure of its own was last logged, µs UTC
	quiet      int   // failures since
}

type featurePart struct {
	feature Feature
	part    Part
}

type phase uint8

const (
	resting phase = iota // nothing to do
	queued               // waits for a turn
	atWork               // a worker has the turn
)

// Name is the CA's complete name.
func (c *CA) Name() name.Name { return c.name }

// Key is the CA's canonical name, app:owner/local.
func (c *CA) Key() string { return c.key }

// Draining tells whether the server is about to end: parts write what they gather now.
func (c *CA) Draining() bool { return c.rt.draining.Load() }

// Doomed tells whether the CA is destroyed, or will be if this message succeeds. It is for parts, in the CA's turn.
func (c *CA) Doomed() bool { return c.doomed() }

// Publish sets what senders see of the CA before it takes their messages. Its type must not change.
func (c *CA) Publish(face any) { c.face.Store(face) }

// Face is what a CA shows to senders (CA.Publish), nil for one that is not in memory or has shown nothing.
func (rt *Runtime) Face(id name.Name) any { return rt.table.get(id).visible() }

// Rouser returns what gives the CA a turn for its parts' own work, also once this activation has gone. It takes locks of the runtime, and does not wait.
func (c *CA) Rouser() func() {
	rt, key := c.rt, c.key
	return func() { rt.rouse(key) }
}

// visible is what Publish has set, nil for a CA that is not in memory.
func (c *CA) visible() any {
	if c == nil {
		return nil
	}
	return c.face.Load()
}

// Get reads a side key as the CA's own messages have left it, committed or not. It returns nil for a key that is not there.
func (c *CA) Get(key []byte) ([]byte, error) {
	c.mu.Lock()
	for _, commit := range [...]*Commit{c.pending, c.inflight} {
		if v, known := commit.lookup(key); known {
			c.mu.Unlock()
			return v, nil
		}
	}
	c.mu.Unlock()
	return c.rt.store.Get(c.key, key)
}

// Scan visits the side keys that begin with prefix, as the CA's own messages have left them, in no particular order. The slices are valid during the visit only.
func (c *CA) Scan(prefix []byte, visit func(key, value []byte) error) error {
	c.mu.Lock()
	over := overlay{}
	over.add(c.inflight, prefix)
	over.add(c.pending, prefix)
	c.mu.Unlock()
	_, err := c.rt.store.Load(c.key, prefix, func(key, value []byte) error {
		if _, changed := over[string(key)]; changed {
			return nil
		}
		return visit(key, value)
	})
	for key, value := range over {
		if err == nil && value != nil {
			err = visit([]byte(key), value)
		}
	}
	return err
}

// overlay holds what is not in the store yet; nil marks a removed key.
type overlay map[string][]byte

func (o overlay) add(c *Commit, prefix []byte) {
	if c == nil {
		return
	}
	for _, kv := range c.ops {
		if len(kv.Key) >= len(prefix) && string(kv.Key[:len(prefix)]) == string(prefix) {
			o[string(kv.Key)] = kv.Value
		}
	}
}

// WakeAt has the CA's parts tended at an instant in µs UTC, or as soon after as there is a turn. They may be tended before, for another reason: a part that
// has to wait on is a Waiter. What is more than a minute ahead, or has to survive the activation, is for Planner.
func (c *CA) WakeAt(at int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeLocked(at)
}

func (c *CA) wakeLocked(at int64) {
	if at == 0 || c.gone || (c.wakeAt != 0 && c.wakeAt <= at) {
		return
	}
	if c.rt.wakes.add(c.key, at) {
		c.wakeAt = at
	}
}

// schedule has the CA tended when its parts have work, and returns the instant that the store's index is to tell. What is left to the index is awaited once
// the index has it (Commit.left). Call with mu held, in a turn.
func (c *CA) schedule() (index int64, left bool) {
	due, starts := c.due(), c.startsWith()
	next := c.awaits()
	if left = due != 0 && c.rt.wakes.leaves(due); !left {
		next = earlier(next, due)
	}
	c.wakeLocked(next)
	if starts && left {
		c.rt.wakes.keep(c.key, due)
	} else if c.kept {
		c.rt.wakes.forget(c.key)
	}
	c.kept = starts && left
	if starts {
		return atStart, false
	}
	return due, left
}

// Part is the CA's part of a feature, nil if there is none. It is for other parts, in the CA's turn.
func (c *CA) Part(f Feature) Part { return c.existing(f) }

// part is the CA's part of a feature, made when it is first asked for.
func (c *CA) part(f Feature) Part {
	if p := c.existing(f); p != nil {
		return p
	}
	p := f.NewPart(c)
	p.Begin()
	c.parts = append(c.parts, featurePart{f, p})
	return p
}

// existing is the CA's part of a feature if it has one.
func (c *CA) existing(f Feature) Part {
	for i := range c.parts {
		if c.parts[i].feature == f {
			return c.parts[i].part
		}
	}
	return nil
}

func (c *CA) outbox() *outbox { return c.part(outboxFeature{}).(*outbox) }
func (c *CA) inbox() *inbox   { return c.part(inboxFeature{}).(*inbox) }

// timers are nil for a CA without any.
func (c *CA) timers() *timers {
	t, _ := c.existing(timerFeature{}).(*timers)
	return t
}

// due is the earliest instant at which a part has work, 0 for never.
func (c *CA) due() (at int64) {
	at = c.meta.sweepAt
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Planner); ok {
			at = earlier(at, p.Due())
		}
	}
	return at
}

// awaits is the earliest instant that a part has asked for and that is still to come, 0 for none.
func (c *CA) awaits() (at int64) {
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Waiter); ok {
			at = earlier(at, p.Awaits())
		}
	}
	return at
}

// atStart is an instant that has passed whenever a server starts.
const atStart = 1

// startsWith tells whether a part is to be looked at whenever the server starts.
func (c *CA) startsWith() bool {
	for i := range c.parts {
		if p, ok := c.parts[i].part.(Starter); ok && p.AtStart() {
			return true
		}
	}
	return false
}

func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
