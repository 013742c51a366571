package fetch

import (
	"cmp"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/wire"
)

// part is the fetches of one activation.
type part struct {
	fetches *Fetches
	ca      *actor.CA
	all     []*pending // by id
	app     tally      // of those that the app asked for
	ours    tally      // of the framework's own
	lastID  uint64

	// Of the message being handled:
	fresh   []*pending
	removed []*pending
}

// freeID rises, over restarts too.
func (p *part) freeID(now int64) uint64 {
	p.lastID = max(uint64(now), p.lastID+1)
	return p.lastID
}

func (p *part) cancel(id uint64) bool {
	if i := index(p.fresh, id); i >= 0 {
		p.fresh = slices.Delete(p.fresh, i, i+1)
		return true
	}
	i := index(p.all, id)
	if i < 0 || p.all[i].running || slices.Contains(p.removed, p.all[i]) {
		return false
	}
	p.removed = append(p.removed, p.all[i])
	return true
}

func index(list []*pending, id uint64) int {
	return slices.IndexFunc(list, func(q *pending) bool { return q.id == id })
}

// Load takes a stored fetch.
func (p *part) Load(key, value []byte) error {
	q, err := parsePending(key, value)
	if err != nil {
		return err
	}
	p.lastID = max(p.lastID, q.id)
	p.add(q)
	if q.flight = p.fetches.find(q.key); q.flight != nil { // of an activation that was dropped
		p.tally(q).flying++
	}
	p.ca.WakeAt(p.fetches.now())
	return nil
}

func (p *part) add(q *pending) {
	at, _ := slices.BinarySearchFunc(p.all, q.id, func(o *pending, id uint64) int { return cmp.Compare(o.id, id) })
	p.all = slices.Insert(p.all, at, q)
	p.tally(q).add(q.size)
}

func (p *part) Begin()    { p.fresh, p.removed = nil, nil }
func (p *part) Rollback() {}

// AtStart has the CA looked at when the server starts.
func (p *part) AtStart() bool { return len(p.all) > 0 }

// Due is the next try, or the end of a fetch's time. What waits for a place comes with the end of another.
func (p *part) Due() (at int64) {
	if p.fetches.draining() {
		return 0
	}
	taken := p.taken()
	for q, first := range p.inLanes() {
		next := q.until
		if first && q.durable.Load() && q.flight == nil && taken.room(q) {
			next = min(q.at, q.until)
		}
		if next != forever && (at == 0 || next < at) {
			at = next
		}
	}
	return at
}

// Idle keeps the CA in memory while calls are under way, and over short waits.
func (p *part) Idle() bool {
	return p.app.flying+p.ours.flying == 0 && !slices.ContainsFunc(p.all, func(q *pending) bool { return q.unsaved })
}

// Next is the message of a fetch with an outcome. Calls that ended without one are planned anew meanwhile.
func (p *part) Next(now int64) *actor.Message {
	for _, q := range p.all {
		if now < q.tellAt {
			continue
		}
		if got := p.outcome(q, now); got != nil {
			q.running = true
			return &actor.Message{Kind: actor.Changed, Method: q.method, Ext: got}
		}
	}
	return nil
}

func (p *part) outcome(q *pending, now int64) (got *Fetched) {
	if q.flight != nil {
		answer, err, ended := q.flight.ended()
		if ended {
			if got = q.outcome(now, answer, err); got == nil {
				p.land(q)
			}
		}
	}
	switch {
	case got != nil:
	case q.unreadable:
		got = &Fetched{Err: errUnreadable}
	case now >= q.until && q.durable.Load():
		got = q.expired()
	default:
		return nil
	}
	got.ID, got.Asked, got.Tag = q.id, q.asked, q.tag
	return got
}

// land gives a flight's place to the next one.
func (p *part) land(q *pending) {
	p.fetches.drop(q.flight)
	q.flight = nil
	p.tally(q).flying--
}

// Settled ends a fetch, whatever became of its outcome's message: but what the framework has asked for is told again for a while, where its handler could not take it.
func (p *part) Settled(m *actor.Message, err *wire.Error) {
	i := index(p.all, m.Ext.(*Fetched).ID)
	if i < 0 {
		return
	}
	q := p.all[i]
	q.running = false
	if err != nil && q.asked && q.told < tellMost {
		q.tellAt = p.fetches.now() + min(tellWait<<q.told, tellLast).Microseconds()
		q.told++
		p.ca.WakeAt(q.tellAt)
		return
	}
	p.removed = append(p.removed, q)
}

// How often an outcome is told again to a handler of the framework's, and after what wait, at first and at last: for some twenty minutes in all.
const (
	tellMost = 30
	tellWait = time.Second
	tellLast = 50 * time.Second
)

// Awaits is when an outcome is to be told again.
func (p *part) Awaits() (at int64) {
	now := p.fetches.now()
	for _, q := range p.all {
		if q.tellAt > now && (at == 0 || q.tellAt < at) {
			at = q.tellAt
		}
	}
	return at
}

// Tend begins the calls whose time has come, as far as there are places: the one that has waited the longest first.
func (p *part) Tend(now int64) {
	if p.fetches.draining() {
		return
	}
	var ready []*pending
	for q, first := range p.inLanes() {
		if first && q.flight == nil && q.durable.Load() && q.at <= now {
			ready = append(ready, q)
		}
	}
	slices.SortStableFunc(ready, func(a, b *pending) int { return cmp.Compare(a.at, b.at) })
	taken := p.taken()
	for _, q := range ready {
		if !taken.room(q) {
			continue
		}
		if p.begin(q, now); q.flight != nil {
			taken.take(q)
		}
	}
}

func (p *part) begin(q *pending, now int64) {
	packed := q.request
	if packed == nil {
		stored, err := p.ca.Get(coldKey(q.id))
		if err != nil {
			q.failed(now, "the request could not be read from the store.", 0)
			return
		}
		packed, q.unreadable = p.fetches.seal.open(p.ca.Key(), q, stored)
	}
	call, damaged := q.call(packed, now)
	if q.unreadable = q.unreadable || damaged != nil; q.unreadable {
		p.ca.WakeAt(now) // for its end
		return
	}
	q.request = nil
	if q.flight = p.fetches.begin(q, p.ca, call); q.flight != nil {
		p.tally(q).flying++
	}
}

// Encode writes what has changed, and has new calls made from then on.
func (p *part) Encode(c *actor.Commit) {
	if p.ca.Doomed() {
		p.fresh, p.removed = nil, slices.Clone(p.all)
	}
	for _, q := range p.removed {
		p.remove(q, c)
	}
	for _, q := range p.fresh {
		p.add(q)
		c.Put(hotKey(q.id), q.encode())
		c.Put(coldKey(q.id), p.fetches.seal.seal(p.ca.Key(), q))
	}
	p.save(c)
	if fresh := p.fresh; len(fresh) > 0 {
		c.After(func() { p.depart(fresh) })
	}
}

func (p *part) remove(q *pending, c *actor.Commit) {
	i := slices.Index(p.all, q)
	if i < 0 {
		return
	}
	p.all = slices.Delete(p.all, i, i+1)
	p.tally(q).remove(q.size)
	c.Delete(hotKey(q.id))
	c.Delete(coldKey(q.id))
	if flight := q.flight; flight != nil {
		p.tally(q).flying--
		c.After(func() { p.fetches.drop(flight) })
	}
}

// save writes the plans of those that wait for long.
func (p *part) save(c *actor.Commit) {
	soon := p.fetches.now() + storeWait.Microseconds()
	for _, q := range p.all {
		if q.unsaved && q.at > soon {
			q.unsaved = false
			c.Put(hotKey(q.id), q.encode())
		}
	}
}

// depart lets calls begin whose commit is durable.
func (p *part) depart(fresh []*pending) {
	for _, q := range fresh {
		q.durable.Store(true)
	}
	p.ca.Rouser()() // sooner than a timer would
}
