package session

import (
	"maps"
	"slices"
)

// An owner has connections that have said hello.
type owner struct {
	conns map[*Conn]struct{} // guarded by Server.mu
	share share
}

// welcome lets a connection in under an owner's name, unless there are too many. It is called by the connection's reader.
func (s *Server) welcome(c *Conn, id *identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.owners[id.owner]
	if o == nil {
		o = &owner{conns: make(map[*Conn]struct{}, 1), share: share{pace: s.pace}}
		s.owners[id.owner] = o
	}
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
		if delete(o.conns, c); len(o.conns) == 0 {
			delete(s.owners, c.Owner())
		}
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
