package actor

import (
	"sync"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/wire"
)

// Commit collects what the messages of one CA change until it can be written, and what may leave once that is durable.
type Commit struct {
	fewOps     [4]store.KV // where ops and effects begin: most commits hold no more
	fewEffects [1]effect

	ops     []store.KV     // a nil value removes the key
	index   map[string]int // key → place in ops, once there are many
	removes int
	size    int
	due     int64 // when the CA next has work of its own, µs UTC
	left    bool  // that is left to the store's index
	destroy bool
	grave   int64    // when what outlives the CA goes, µs UTC; 0 for a CA that leaves nothing
	first   []func() // what comes before all effects
	effects []effect

	// Of the message being encoded:
	wrote    bool // it has changed something
	receipts bool // it has left some
}

// effect is something that others can see: it waits for the commit of everything it may show.
type effect struct {
	message *Message // a reply
	result  []byte
	err     *wire.Error
	do      func() // or anything else
}

// commits are used again: they are a third of what a request would leave behind.
var commits = sync.Pool{New: func() any { return new(Commit) }}

func newCommit() *Commit {
	c := commits.Get().(*Commit)
	c.ops, c.effects = c.fewOps[:0], c.fewEffects[:0]
	return c
}

// free gives back a commit that nobody needs any more: it is settled, and its effects are out.
func (c *Commit) free() {
	*c = Commit{}
	commits.Put(c)
}

// manyOps is where a search through the list begins to cost more than a map.
const manyOps = 16

// Put sets a side key of the CA. Both slices belong to the commit from now on.
func (c *Commit) Put(key, value []byte) {
	if value == nil {
		value = []byte{}
	}
	c.set(key, value)
}

// Delete removes a side key of the CA; one that is not there is no error.
func (c *Commit) Delete(key []byte) {
	c.removes++
	c.set(key, nil)
}

func (c *Commit) set(key, value []byte) {
	c.wrote = true
	c.size += len(key) + len(value)
	if i, ok := c.find(key); ok {
		c.size -= len(key) + len(c.ops[i].Value)
		c.ops[i].Value = value
		return
	}
	c.ops = append(c.ops, store.KV{Key: key, Value: value})
	c.remember(key)
}

// Wrote tells whether the message being encoded has changed anything durable so far.
func (c *Commit) Wrote() bool { return c.wrote }

// First calls do once all that the commit holds is durable, before replies, messages and all that After was given: for what those who hear of the change must find.
// It must not block.
func (c *Commit) First(do func()) { c.first = append(c.first, do) }

// After calls do once all that the commit holds is durable. It must not block.
func (c *Commit) After(do func()) { c.effects = append(c.effects, effect{do: do}) }

func (c *Commit) reply(m *Message, result []byte, err *wire.Error) {
	c.effects = append(c.effects, effect{message: m, result: result, err: err})
}

func (c *Commit) writes() bool { return len(c.ops) > 0 || c.destroy }

// full tells whether the CA has to wait for the commit before this one. A nil commit is never full.
func (c *Commit) full() bool {
	return c != nil && (c.size > maxPending || len(c.effects) > maxEffects)
}

// Destroys tells whether the commit ends the CA.
func (c *Commit) Destroys() bool { return c.destroys() }

func (c *Commit) destroys() bool { return c != nil && c.destroy }

func (c *Commit) find(key []byte) (int, bool) {
	if c.index != nil {
		i, ok := c.index[string(key)]
		return i, ok
	}
	for i := range c.ops {
		if string(c.ops[i].Key) == string(key) {
			return i, true
		}
	}
	return 0, false
}

func (c *Commit) remember(key []byte) {
	switch {
	case c.index != nil:
		c.index[string(key)] = len(c.ops) - 1
	case len(c.ops) > manyOps:
		c.index = make(map[string]int, 2*len(c.ops))
		for i := range c.ops {
			c.index[string(c.ops[i].Key)] = i
		}
	}
}

// lookup is the commit's own view of a key; known is false where it has none.
func (c *Commit) lookup(key []byte) (value []byte, known bool) {
	if c == nil {
		return nil, false
	}
	if i, ok := c.find(key); ok {
		return c.ops[i].Value, true
	}
	return nil, c.destroy
}

// write is the commit as the store takes it.
func (c *Commit) write(key string, expect store.Rev) store.Write {
	w := store.Write{CA: key, Expect: expect, Due: c.due, Destroy: c.destroy}
	switch {
	case c.destroy && c.grave == 0:
	case c.destroy:
		c.bury(&w)
	case c.removes == 0:
		w.Puts = c.ops
	default:
		for _, kv := range c.ops {
			if kv.Value != nil {
				w.Puts = append(w.Puts, kv)
			} else {
				w.Deletes = append(w.Deletes, kv.Key)
			}
		}
	}
	return w
}

// bury keeps of a CA that is destroyed what outlives it.
func (c *Commit) bury(w *store.Write) {
	w.Keep = receiptKeys
	w.Puts = append(w.Puts, store.KV{Key: graveKey, Value: cbor.AppendInt(nil, c.grave)})
	for _, kv := range c.ops {
		switch {
		case kv.Key[0] != receiptMark:
		case kv.Value != nil:
			w.Puts = append(w.Puts, kv)
		default:
			w.Deletes = append(w.Deletes, kv.Key)
		}
	}
}

// release lets the effects out, in the order of their messages.
func (c *Commit) release() {
	for _, do := range c.first {
		do()
	}
	for i := range c.effects {
		if e := &c.effects[i]; e.message != nil {
			e.message.reply(e.result, e.err)
		} else {
			e.do()
		}
	}
}

// lose tells the callers that wait that nothing of the commit happened. The other effects never do.
func (c *Commit) lose(err *wire.Error) {
	if c == nil {
		return
	}
	for i := range c.effects {
		if m := c.effects[i].message; m != nil {
			m.reply(nil, err)
		}
	}
}
