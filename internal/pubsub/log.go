package pubsub

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a log. The oldest messages leave it, a block at a time, where it is older or larger.
const (
	MaxAge      = 7 * 24 * time.Hour
	MaxLogBytes = 64 << 20
)

// settleAfter is how long after a publish its topic looks whether all CAs have handled it, in µs.
const settleAfter = 10_000_000

// Log is the feature that topics' actors consist of.
func (h *Hub) Log() actor.Feature { return logFeature{h} }

type logFeature struct{ hub *Hub }

// Letter begins the side keys of a topic.
func (logFeature) Letter() byte { return logLetter }

// NewPart makes the log of one activation.
func (f logFeature) NewPart(ca *actor.CA) actor.Part { return &log{hub: f.hub, ca: ca} }

// log is a topic's durable side.
type log struct {
	hub *Hub
	ca  *actor.CA
	head
	before head // when the message began

	fresh   []*entry // of the message
	changes []change
	blocks  []block // full ones, oldest first
	known   bool    // they were read
	dueAt   int64
}

// change is a CA that follows from now on, or no longer.
type change struct {
	ca     name.Name
	leaves bool
	begin
}

// Load takes the head.
func (l *log) Load(_, value []byte) (err error) {
	if l.head, err = parseHead(value); err == nil && l.fanned < l.last {
		l.dueAt = 1
		l.hub.with(l.ca.Name(), func(f *feed) { f.recover(l.head) })
	}
	return err
}

func (l *log) Begin() { l.before, l.fresh, l.changes = l.head, nil, nil }

func (l *log) Rollback() { l.head = l.before }

// found begins a log with the first message that is let in.
func (l *log) found() {
	if l.epoch == 0 {
		l.head = head{epoch: rand.Uint64N(1<<53-1) + 1, first: 1}
	}
}

var errValue = wire.Err(wire.TooLarge, "What is published has at most 64 KiB; put more into a map, and publish where it is.")

func (l *log) publish(from name.Name, args []byte, now int64) error {
	r := cbor.NewReader(args)
	if r.Array() != 1 {
		return errAsked
	}
	value := r.Raw()
	switch {
	case r.Done() != nil:
		return errAsked
	case len(value) > wire.MaxTopicValue:
		return errValue
	}
	l.found()
	if blockOf(l.first) != blockOf(l.last) {
		l.readBlocks()
	}
	l.last++
	l.fresh = append(l.fresh, newEntry(l.last, now, from, value))
	return nil
}

// subscribe lets a CA follow from now on. Who asks again for the same subscription goes on where that began.
func (l *log) subscribe(from name.Name, args []byte) error {
	r := cbor.NewReader(args)
	if r.Array() != 1 {
		return errAsked
	}
	id := r.Uint()
	if r.Done() != nil {
		return errAsked
	}
	was, err := l.ca.Get(followerKey(from.String()))
	if err != nil {
		return err
	}
	if was != nil {
		if b, err := parseBegin(was); err != nil || b.id == id {
			return err
		}
	}
	if l.found(); was == nil {
		l.followers++
	}
	l.changes = append(l.changes, change{ca: from, begin: begin{place{l.epoch, l.last}, id}})
	return nil
}

func (l *log) unsubscribe(from name.Name) error {
	was, err := l.ca.Get(followerKey(from.String()))
	if err == nil && was != nil {
		l.followers--
		l.changes = append(l.changes, change{ca: from, leaves: true})
	}
	return err
}

// Encode writes what is new, and shows it once it is durable.
func (l *log) Encode(c *actor.Commit) {
	if l.head == l.before && len(l.changes) == 0 {
		l.leave(c)
		return
	}
	for _, e := range l.fresh {
		l.add(c, e)
	}
	for _, f := range l.changes {
		if key := followerKey(f.ca.String()); f.leaves {
			c.Delete(key)
		} else {
			c.Put(key, f.begin.encode())
		}
	}
	if l.trim(c); l.followers == 0 {
		l.fanned = l.last
	}
	if l.fanned == l.last {
		l.dueAt = 0
	} else if l.dueAt == 0 {
		l.dueAt = l.hub.now() + settleAfter
	}
	c.Put(headKey, l.head.encode())
	topic, now, fresh, changes := l.ca.Name(), l.head, l.fresh, l.changes
	c.First(func() { l.hub.with(topic, func(f *feed) { f.apply(now, fresh, changes) }) })
	c.After(func() { l.hub.feed(topic).flow() })
	l.leave(c)
}

// leave forgets a topic that the commit has ended.
func (l *log) leave(c *actor.Commit) {
	if l.epoch != 0 || c.Destroys() {
		topic := l.ca.Name()
		c.After(func() {
			if c.Destroys() {
				l.hub.with(topic, (*feed).end)
			}
		})
	}
}

// add writes a message, and closes its block if it is the last one of it.
func (l *log) add(c *actor.Commit, e *entry) {
	size := uint64(len(e.Packed))
	l.bytes += size
	l.block += size
	c.Put(messageKey(e.Offset), e.Packed)
	if e.Offset%blockSize == blockSize-1 {
		b := block{blockOf(e.Offset), l.block, e.At}
		c.Put(blockKey(b.number), b.encode())
		if l.known {
			l.blocks = append(l.blocks, b)
		}
		l.block = 0
	}
}

// trimAtOnce is how many blocks leave with one message: a log that has grown old as a whole must not be one commit. So many are never smaller than what the message adds.
const trimAtOnce = 16

// trim removes the oldest blocks that are too old, or too much.
func (l *log) trim(c *actor.Commit) {
	if len(l.fresh) == 0 {
		return
	}
	oldest := l.fresh[0].At - MaxAge.Microseconds()
	for n := 0; n < trimAtOnce && len(l.blocks) > 0 && (l.bytes > MaxLogBytes || l.blocks[0].at < oldest); n++ {
		b := l.blocks[0]
		l.blocks = l.blocks[1:]
		for offset := max(1, b.number*blockSize); offset < (b.number+1)*blockSize; offset++ {
			c.Delete(messageKey(offset))
		}
		c.Delete(blockKey(b.number))
		l.first, l.bytes = (b.number+1)*blockSize, l.bytes-min(l.bytes, b.bytes)
	}
}

// readBlocks finds out which blocks there are. Where they can't be read, nothing leaves the log for now.
func (l *log) readBlocks() {
	if l.known {
		return
	}
	var all []block
	err := l.ca.Scan(actor.ColdKey(logLetter, keyBlock), func(key, value []byte) error {
		b, err := parseBlock(key, value)
		all = append(all, b)
		return err
	})
	if err != nil {
		return
	}
	slices.SortFunc(all, func(a, b block) int { return cmp.Compare(a.number, b.number) })
	l.blocks, l.known = all, true
}

// AtStart has a topic looked at when the server starts, if CAs may lack some of it.
func (l *log) AtStart() bool { return l.fanned < l.last }

// Due is when the topic looks whether all CAs have handled what it had then.
func (l *log) Due() int64 { return l.dueAt }

// Tend notes what all have handled, and looks again later if they have not.
func (l *log) Tend(now int64) {
	if l.dueAt == 0 || now < l.dueAt {
		return
	}
	f := l.hub.feed(l.ca.Name())
	at, known := f.handledByAll()
	if !known && f.load() == nil { // it has left memory meanwhile; of the head here, some may not be durable yet
		l.hub.with(l.ca.Name(), func(f *feed) { f.recover(l.head) })
	}
	l.fanned = max(l.fanned, min(l.last, at))
	if l.fanned == l.last {
		return
	}
	l.dueAt = now + settleAfter
	for _, ca := range f.lagging() {
		if l.gone(ca) && l.unsubscribe(ca) != nil {
			return
		}
	}
}

// gone tells whether a CA doesn't know of its subscription: it has been destroyed, perhaps with a server that was lost.
func (l *log) gone(ca name.Name) bool {
	value, err := l.hub.opt.Store.Get(ca.String(), subscriptionKey(l.ca.Name()))
	return err == nil && value == nil
}
