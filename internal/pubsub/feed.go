package pubsub

import (
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/name"
)

// What a feed keeps in memory of the newest messages; older ones are read from the store.
const (
	keepMessages = 1024
	keepBytes    = 1 << 20
)

// A feed is a topic in memory: what is durable of it, for those who follow it.
type feed struct {
	hub  *Hub
	name name.Name
	key  string // the actor's, in the store
	id   uint64 // the topic's number in frames
	used atomic.Bool

	mu      sync.Mutex
	known   bool   // what follows is what is durable
	applied uint64 // commits that have been shown here
	epoch   uint64 // 0 while the topic doesn't exist
	first   uint64 // the oldest message that can be read
	last    uint64
	recent  []*entry // up to last, without holes
	bytes   int      // of recent

	fan  // to CAs
	cast // to clients
}

// use notes that somebody has used the feed.
func (f *feed) use() {
	if !f.used.Load() {
		f.used.Store(true)
	}
}

// idle tells whether nobody has used the feed since this was asked the last time, and nobody stands by it. Call with Hub.mu held.
func (f *feed) idle() bool {
	if f.used.Swap(false) {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fan.idle() && f.quiet()
}

// bare tells whether the feed has nothing but what it has read, and nobody stands by it: one that is made anew is as good.
func (f *feed) bare() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.applied == 0 && !f.restarts && !f.gathered && f.fan.idle() && f.quiet()
}

// apply shows a commit of the topic's actor.
func (f *feed) apply(h head, fresh []*entry, changes []change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.epoch != h.epoch {
		f.turn()
	}
	f.known = true
	f.applied++
	f.epoch, f.first, f.last = h.epoch, h.first, h.last
	for _, e := range fresh {
		f.keep(e)
	}
	f.fan.change(changes, h.last)
	if len(fresh) > 0 {
		f.fan.stir(f)
	}
	f.air()
}

// turn leaves an epoch. Call with mu held.
func (f *feed) turn() {
	if f.epoch != 0 {
		f.before = place{f.epoch, f.last}
	}
	f.epoch, f.first, f.last = 0, 0, 0
	f.forgetRecent()
}

// forgetRecent is called with mu held.
func (f *feed) forgetRecent() {
	f.hold(-f.bytes)
	f.recent = nil
}

// hold counts bytes of recent, here and in all feeds. Call with mu held.
func (f *feed) hold(bytes int) {
	f.bytes += bytes
	f.hub.held.Add(int64(bytes))
}

// keep holds a message in memory, in the place of the oldest where there are too many. Where all feeds together hold too much, it holds none. Call with mu held.
func (f *feed) keep(e *entry) {
	if n := len(f.recent); n > 0 && f.recent[n-1].Offset+1 != e.Offset {
		f.forgetRecent()
	}
	f.recent = append(f.recent, e)
	f.hold(len(e.Packed))
	for n := len(f.recent); n > keepMessages || n > 1 && f.bytes > keepBytes; n-- {
		f.hold(-len(f.recent[0].Packed))
		f.recent[0] = nil
		f.recent = f.recent[1:]
	}
	if f.hub.held.Load() > f.hub.opt.MaxRecent {
		f.forgetRecent()
	}
}

// end shows that the topic is gone.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = true
	f.applied++
	f.turn()
	f.fan.forget()
	f.air()
}

// recover goes on where a crash has cut the way of messages to CAs: all but those that begin later have handled what comes up to h.fanned.
func (f *feed) recover(h head) {
	f.mu.Lock()
	f.restart, f.restarts = max(f.restart, h.fanned), true
	if !f.known {
		f.known, f.epoch, f.first, f.last = true, h.epoch, h.first, h.last
	}
	f.mu.Unlock()
	f.gather()
}

func (f *feed) isKnown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known
}

// load finds out what is durable of the topic.
func (f *feed) load() error {
	f.mu.Lock()
	known, applied := f.known, f.applied
	f.mu.Unlock()
	if known {
		return nil
	}
	h, err := f.readHead()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.known && f.applied == applied {
		f.known, f.epoch, f.first, f.last = true, h.epoch, h.first, h.last
	}
	return nil
}

// readHead is what is stored of the topic; nothing where it doesn't exist.
func (f *feed) readHead() (h head, err error) {
	value, err := f.hub.opt.Store.Get(f.key, headKey)
	if err == nil && value != nil {
		h, err = parseHead(value)
	}
	return h, err
}

// recentAt is the message of an offset, if it is in memory. Call with mu held.
func (f *feed) recentAt(offset uint64) *entry {
	if len(f.recent) == 0 || offset < f.recent[0].Offset || offset > f.last {
		return nil
	}
	return f.recent[offset-f.recent[0].Offset]
}

// next is the message after a place of this epoch, nil if there is none yet. missed are those between them that are gone.
func (f *feed) next(at place) (e *entry, missed uint64, err error) {
	if err = f.load(); err != nil {
		return nil, 0, err
	}
	f.mu.Lock()
	if at.epoch != f.epoch {
		f.mu.Unlock()
		return nil, 0, nil // the topic has ended; whoever follows the one of its name now has asked for that
	}
	offset := max(at.offset+1, f.first)
	last := f.last
	e = f.recentAt(offset)
	f.mu.Unlock()
	missed = offset - at.offset - 1
	if e != nil || offset > last {
		return e, missed, nil
	}
	packed, err := f.hub.opt.Store.Get(f.key, messageKey(offset))
	if err == nil && packed != nil {
		e, err = parseEntry(packed)
	}
	return e, missed, err
}

// kept are messages after an offset, of about limit bytes; none where they are not in memory. Call with mu held.
func (f *feed) kept(offset uint64, limit int) (all []*entry) {
	for e := f.recentAt(offset + 1); e != nil && limit > 0; e = f.recentAt(e.Offset + 1) {
		all = append(all, e)
		limit -= len(e.Packed)
	}
	return all
}

// position is where a subscription of a CA begins; ok is false where the topic doesn't know it.
func (f *feed) position(ca name.Name, id uint64) (at place, ok bool, err error) {
	value, err := f.hub.opt.Store.Get(f.key, followerKey(ca.String()))
	if err != nil || value == nil {
		return at, false, err
	}
	b, err := parseBegin(value)
	return b.place, err == nil && b.id == id, err
}

// subscription is what a CA has stored of its own; the zero value where it has nothing.
func (f *feed) subscription(ca name.Name) (s subscription, err error) {
	key := subscriptionKey(f.name)
	value, err := f.hub.opt.Store.Get(ca.String(), key)
	if err == nil && value != nil {
		s, err = parseSubscription(key, value)
	}
	return s, err
}

// all visits the CAs that follow, as they are stored.
func (f *feed) all(visit func(ca name.Name, at place)) error {
	prefix := followerKey("")
	_, err := f.hub.opt.Store.Load(f.key, prefix, func(key, value []byte) error {
		ca, err := name.Parse(string(key[len(prefix):]))
		b, bad := parseBegin(value)
		if err != nil || bad != nil { // one that can't be read must not keep the others from theirs
			f.complain(errStored)
			return nil
		}
		visit(ca, b.place)
		return nil
	})
	return err
}
