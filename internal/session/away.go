package session

import (
	"container/list"
	"sync/atomic"
)

// sessionWeight is what a session that is away costs beside its notes, in bytes: its names, and its places in maps and lists.
const sessionWeight = 1 << 10

// absent are sessions that are away, of one owner or of all, the one that went first in front.
type absent struct {
	list   list.List
	weight atomic.Int64 // bytes
}

// oldest is the session that went first, nil if there is none. It is called with registry.mu held.
func (a *absent) oldest() *session {
	if e := a.list.Front(); e != nil {
		return e.Value.(*session)
	}
	return nil
}

// An account is what an owner has of sessions.
type account struct {
	sessions int // connected or away
	away     absent
}

// places are where a session that is away stands among the absent.
type places struct{ inAll, inOwn *list.Element }

// part notes that a session is away. It is called with registry.mu and the session's mu held.
func (r *registry) part(s *session) {
	s.places = places{r.away.list.PushBack(s), s.account.away.list.PushBack(s)}
	r.weigh(s, sessionWeight+s.ring.bytes)
}

// meet notes that a session is not away any more. It is called with registry.mu and the session's mu held.
func (r *registry) meet(s *session) {
	if s.inAll == nil {
		return
	}
	r.away.list.Remove(s.inAll)
	s.account.away.list.Remove(s.inOwn)
	s.places = places{}
	r.weigh(s, -sessionWeight-s.ring.bytes)
}

// weigh counts bytes of a session that is away. It is called with the session's mu held.
func (r *registry) weigh(s *session, bytes int) {
	r.away.weight.Add(int64(bytes))
	s.account.away.weight.Add(int64(bytes))
}

// heavy tells whether there is too much of what an owner has left, or of what all have.
func (r *registry) heavy(a *account) bool {
	return a.away.weight.Load() > r.ownerAway || r.away.weight.Load() > r.allAway
}

// trim drops those that are away longest until what is left is not too much. It is called with mu held.
func (r *registry) trim(a *account) {
	for a.away.weight.Load() > r.ownerAway {
		r.drop(a.away.oldest())
	}
	for r.away.weight.Load() > r.allAway {
		r.drop(r.away.oldest())
	}
}

// drop forgets a session that is away. It is called with mu held.
func (r *registry) drop(s *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.meet(s)
	r.remove(s)
}
