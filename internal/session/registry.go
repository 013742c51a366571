package session

import (
	"strings"
	"sync"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// who names a session among those of a CA.
type who struct{ owner, label string }

// A registry holds the sessions of all CAs.
type registry struct {
	keepAway  int64 // µs
	noteBytes int
	perOwner  int

	mu     sync.RWMutex
	cas    map[string]map[who]*session // by the CA's canonical name
	owners map[string]int              // sessions of an owner
	away   []parting                   // in the order of their instants
}

// A parting is a session whose connection went away at an instant.
type parting struct {
	s  *session
	at int64
}

// A session is a client's lasting place at a CA.
type session struct {
	ca string
	who

	mu     sync.Mutex
	run    string
	keep   int
	ring   ring
	sent   uint64   // the last note given to the channel
	ch     *channel // nil while away
	ready  bool     // opened is queued: notes may follow
	queued bool     // the channel's outbox knows that there are notes
	left   int64    // when the channel went
}

func newRegistry(o Options) *registry {
	return &registry{
		keepAway: o.KeepAway.Microseconds(), noteBytes: o.MaxNoteBytes, perOwner: o.MaxOwnerSessions,
		cas: make(map[string]map[who]*session), owners: make(map[string]int),
	}
}

var errSessions = wire.Retry(wire.Quota, "You have too many sessions. Close some, or wait two minutes for those that were left.", 120_000)
var errTaken = wire.Err(wire.Conflict, "This session was opened elsewhere, under the same name.")

// attach gives the session to a channel, and returns the channel that had it. The caller ends that one, then calls begin.
func (r *registry) attach(ch *channel, f wire.Open) (old *channel, resumed bool, err *wire.Error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, err := r.take(ch.caKey, who{ch.owner, f.Session})
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old = s.ch
	resumed = s.run == f.Run
	if !resumed && f.Stamp != 0 && old != nil {
		return nil, false, errTaken // taken over while this client was away
	}
	if !resumed {
		s.run, s.ring, f.Seen = f.Run, ring{}, 0
	}
	s.keep = keepOf(f.Keep)
	s.ring.see(f.Seen)
	s.sent, s.ch, s.ready, s.queued = min(f.Seen, s.ring.seq), ch, false, false
	ch.session = s
	return old, resumed, nil
}

func keepOf(n uint32) int {
	if n == 0 {
		return wire.DefaultKeep
	}
	return int(min(n, wire.MaxKeep))
}

// take finds or makes a session. It is called with mu held.
func (r *registry) take(ca string, w who) (*session, *wire.Error) {
	if s := r.cas[ca][w]; s != nil {
		return s, nil
	}
	if r.owners[w.owner] >= r.perOwner {
		return nil, errSessions
	}
	s := &session{ca: ca, who: w}
	if r.cas[ca] == nil {
		r.cas[ca] = make(map[who]*session)
	}
	r.cas[ca][w] = s
	r.owners[w.owner]++
	return s, nil
}

// remove is called with mu held.
func (r *registry) remove(s *session) {
	if r.cas[s.ca][s.who] != s {
		return
	}
	if delete(r.cas[s.ca], s.who); len(r.cas[s.ca]) == 0 {
		delete(r.cas, s.ca)
	}
	if r.owners[s.owner]--; r.owners[s.owner] == 0 {
		delete(r.owners, s.owner)
	}
}

// leave takes the session from a channel that is gone, to be kept for a while or, for good, forgotten.
func (r *registry) leave(ch *channel, now int64, forGood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := ch.session
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != ch {
		return
	}
	s.ch, s.ready, s.left = nil, false, now
	if forGood {
		r.remove(s)
		return
	}
	r.away = append(r.away, parting{s, now})
}

// forget removes the sessions whose clients stayed away.
func (r *registry) forget(now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.away) > 0 && r.away[0].at+r.keepAway <= now {
		p := r.away[0]
		r.away[0] = parting{}
		r.away = r.away[1:]
		p.s.mu.Lock()
		if p.s.ch == nil && p.s.left == p.at {
			r.remove(p.s)
		}
		p.s.mu.Unlock()
	}
}

// notify gives a value to the sessions of a CA that the pattern means.
func (r *registry) notify(ca name.Name, pattern string, value []byte) {
	owner, label, found := strings.Cut(pattern, "/")
	if !found {
		owner, label = ca.Owner, pattern
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	sessions := r.cas[ca.String()]
	if owner != "*" && label != "*" {
		if s := sessions[who{owner, label}]; s != nil {
			s.add(value, r.noteBytes)
		}
		return
	}
	for w, s := range sessions {
		if (owner == "*" || owner == w.owner) && (label == "*" || label == w.label) {
			s.add(value, r.noteBytes)
		}
	}
}

func (s *session) add(value []byte, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ring.add(value, s.keep, limit)
	s.wake()
}

// wake tells the outbox that there are notes. It is called with mu held.
func (s *session) wake() {
	if s.ch != nil && s.ready && !s.queued && s.ring.seq > s.sent {
		s.queued = true
		s.ch.conn.out.ready(s.ch, fastLane)
	}
}

// begin lets notes flow: opened is queued.
func (s *session) begin(ch *channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == ch {
		s.ready = true
		s.wake()
	}
}

func (s *session) see(ch *channel, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch == ch {
		s.ring.see(min(seq, s.sent))
	}
}

// Fill is the channel's Source: notes, as long as there is room.
func (ch *channel) Fill(dst []byte, limit int) ([]byte, bool) {
	s := ch.session
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != ch {
		return dst, false
	}
	for _, n := range s.ring.after(s.sent) {
		if len(dst) >= limit {
			return dst, true
		}
		dst = appendSealed(dst, wire.Note{Ch: ch.id, Seq: n.seq, Dropped: n.seq - s.sent - 1, Value: n.value})
		s.sent = n.seq
	}
	s.queued = false
	return dst, false
}
