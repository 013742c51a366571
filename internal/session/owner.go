package session

import (
	"maps"
	"slices"
)

// An owner has connections that have said hello, or HTTP requests in progress; or had them, and owes for them. All but its share is guarded by Server.mu.
type owner struct {
	name  string
	conns map[*Conn]struct{}
	calls int // HTTP requests in progress
	large int // of them, with a large body
	share share
}

// owner is the one of that name. It is called with mu held, and whoever gives it nothing to keep calls forget.
func (s *Server) owner(name string) *owner {
	o := s.owners[name]
	if o == nil {
		o = &owner{name: name, conns: make(map[*Conn]struct{}, 1), share: share{pace: s.pace}}
		s.owners[name] = o
	}
	return o
}

// forget drops an owner who has nothing any more, once its share is as good as new: who closes a connection and comes back has not paid by that. It is called with mu held.
func (s *Server) forget(o *owner) {
	switch {
	case len(o.conns) > 0 || o.calls > 0:
		delete(s.leaving, o)
	case o.share.fresh(s.opt.Clock.Now()):
		delete(s.leaving, o)
		delete(s.owners, o.name)
	default:
		s.leaving[o] = struct{}{}
	}
}

// forgetOwners is called by the sweep.
func (s *Server) forgetOwners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for o := range s.leaving {
		s.forget(o)
	}
}

// welcome lets a connection in under an owner's name, unless there are too many. It is called by the connection's reader.
func (s *Server) welcome(c *Conn, id *identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owner(id.owner)
	if len(o.conns) >= s.opt.MaxOwnerConns {
		return false
	}
	o.conns[c] = struct{}{}
	c.id.Store(id)
	c.share = &o.share
	return true
}

// remove forgets a connection that is gone.
func (s *Server) remove(c *Conn) {
	for _, f := range s.onClose {
		f(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if o := s.owners[c.Owner()]; o != nil {
		delete(o.conns, c)
		s.forget(o)
	}
	s.gone.Broadcast()
}

// ofOwner are an owner's connections. It is called with mu held.
func (s *Server) ofOwner(name string) []*Conn {
	if o := s.owners[name]; o != nil {
		return slices.Collect(maps.Keys(o.conns))
	}
	return nil
}
