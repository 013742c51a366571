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
	ownerAway int64 // bytes
	allAway   int64 // bytes

	mu       sync.RWMutex
	cas      map[string]map[who]*session // by the CA's canonical name
	accounts map[string]*account         // by owner
	away     absent
}

// A session is a client's lasting place at a CA.
type session struct {
	ca string
	who
	account *account
	places  // guarded by registry.mu

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
		ownerAway: int64(o.MaxOwnerAwayBytes), allAway: int64(o.MaxAwayBytes),
		cas: make(map[string]map[who]*session), accounts: make(map[string]*account),
	}
}

var errSessions = wire.Retry(wire.Quota, "You have too many sessions open. Close some.", 10_000)
var errLate = wire.Err(wire.Conflict, "This session is open on a newer connection of yours.")
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
	switch {
	case !resumed && f.Stamp != 0 && old != nil:
		return nil, false, errTaken // taken over while this client was away
	case resumed && old != nil && old.conn.number > ch.conn.number:
		return nil, false, errLate
	}
	r.meet(s)
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

// take finds or makes a session. Where its owner has as many as there may be, it takes the place of the one that is away longest. It is called with mu held.
func (r *registry) take(ca string, w who) (*session, *wire.Error) {
	if s := r.cas[ca][w]; s != nil {
		return s, nil
	}
	if a := r.accounts[w.owner]; a != nil && a.sessions >= r.perOwner {
		left := a.away.oldest()
		if left == nil {
			return nil, errSessions
		}
		r.drop(left)
	}
	return r.enter(ca, w), nil
}

// enter makes a session. It is called with mu held.
func (r *registry) enter(ca string, w who) *session {
	a := r.accounts[w.owner]
	if a == nil {
		a = &account{}
		r.accounts[w.owner] = a
	}
	a.sessions++
	s := &session{ca: ca, who: w, account: a}
	if r.cas[ca] == nil {
		r.cas[ca] = make(map[who]*session)
	}
	r.cas[ca][w] = s
	return s
}

// remove is called with mu held.
func (r *registry) remove(s *session) {
	if r.cas[s.ca][s.who] != s {
		return
	}
	if delete(r.cas[s.ca], s.who); len(r.cas[s.ca]) == 0 {
		delete(r.cas, s.ca)
	}
	if s.account.sessions--; s.account.sessions == 0 {
		delete(r.accounts, s.owner)
	}
}

// leave takes the session from a channel that is gone, to be kept for a while or, for good, forgotten.
func (r *registry) leave(ch *channel, now int64, forGood bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := ch.session; s != nil && r.release(s, ch, now, forGood) {
		r.trim(s.account)
	}
}

// release tells whether the session is away now. It is called with mu held.
func (r *registry) release(s *session, ch *channel, now int64, forGood bool) (away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ch != ch {
		return false
	}
	s.ch, s.ready, s.left = nil, false, now
	if forGood {
		r.remove(s)
	} else {
		r.part(s)
	}
	return !forGood
}

// forget removes the sessions whose clients stayed away.
func (r *registry) forget(now int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := r.away.oldest(); s != nil && s.left+r.keepAway <= now; s = r.away.oldest() {
		r.drop(s)
	}
}

// notify gives a value to the sessions of a CA that the pattern means.
func (r *registry) notify(ca name.Name, pattern string, value []byte) {
	owner, label, found := strings.Cut(pattern, "/")
	if !found {
		owner, label = ca.Owner, pattern
	}
	heavy := r.spread(ca.String(), who{owner, label}, value)
	if heavy == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range heavy {
		r.trim(a)
	}
}

// spread adds a note to each session that is meant, and returns those of whose absent there is too much then.
func (r *registry) spread(ca string, to who, value []byte) (heavy []*account) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	sessions := r.cas[ca]
	if to.owner != "*" && to.label != "*" {
		if s := sessions[to]; s != nil && r.add(s, value) {
			heavy = append(heavy, s.account)
		}
		return heavy
	}
	for w, s := range sessions {
		if (to.owner == "*" || to.owner == w.owner) && (to.label == "*" || to.label == w.label) && r.add(s, value) {
			heavy = append(heavy, s.account)
		}
	}
	return heavy
}

// add adds a note, and tells whether that is too much for somebody who is away.
func (r *registry) add(s *session, value []byte) (heavy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.ring.bytes
	s.ring.add(value, s.keep, r.noteBytes)
	if s.ch != nil {
		s.wake()
		return false
	}
	r.weigh(s, s.ring.bytes-before)
	return r.heavy(s.account)
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
