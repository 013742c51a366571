package client

import "github.com/wabgo/wab/internal/sharedmap"

// maps drives the mirrors of a Client's maps. It is guarded by Client.mu.
type maps struct {
	c       *Client
	mirrors *sharedmap.Mirrors
	open    map[uint32]*mirrored
}

// mirrored is one subscription, which all Maps of the same name share.
type mirrored struct {
	sub   uint32
	name  string
	users []*Map
	state MapState
	err   error
	ready chan struct{} // closed once there is a content, or none will come
	aside *MapChange    // parts of a content that is not whole yet
}

func newMaps(c *Client) *maps {
	return &maps{c: c, mirrors: sharedmap.NewMirrors(seed()), open: make(map[uint32]*mirrored)}
}

func (s *maps) linked(online bool) {
	if online {
		s.mirrors.Connected(s.c.now())
	} else {
		s.mirrors.Disconnected(s.c.now())
	}
}

func (s *maps) received(frame []byte) error { return s.mirrors.Received(s.c.now(), frame) }
func (s *maps) tick()                       { s.mirrors.Tick(s.c.now()) }
func (s *maps) wake() int64                 { return s.mirrors.Wake() }

func (s *maps) drain() {
	for e, ok := s.mirrors.Next(); ok; e, ok = s.mirrors.Next() {
		if e.Kind == sharedmap.MirrorSend {
			s.c.link.SendFrame(e.Data)
		} else if m := s.open[e.Sub]; m != nil {
			s.tell(m, e)
		}
	}
}

func (s *maps) tell(m *mirrored, e sharedmap.MirrorEvent) {
	switch e.Kind {
	case sharedmap.MirrorTurned:
		s.turned(m, e)
	case sharedmap.MirrorChanged:
		s.changed(m, e)
	case sharedmap.MirrorPresence:
		for _, u := range m.users {
			u.tell(func(p *pending) { p.presence = true })
		}
	}
}

func (s *maps) turned(m *mirrored, e sharedmap.MirrorEvent) {
	m.state, m.err = e.State, nil
	if e.Err != nil {
		m.err = e.Err
	}
	if e.State != MapLive {
		m.aside = nil
	}
	if e.State == MapEnded {
		delete(s.open, m.sub)
	}
	if e.State == MapEnded || e.State == MapLive {
		m.settled()
	}
	for _, u := range m.users {
		u.tell(func(p *pending) { p.state = true })
	}
}

func (m *mirrored) settled() {
	select {
	case <-m.ready:
	default:
		close(m.ready)
	}
}

// changed tells a change once it is whole.
func (s *maps) changed(m *mirrored, e sharedmap.MirrorEvent) {
	change := m.aside
	if e.Reset || change == nil {
		change = &MapChange{Reset: e.Reset}
	}
	if e.Part || m.aside != nil || m.heard() {
		change.read(e.Data)
	}
	m.aside = nil
	change.Epoch, change.Version = e.Epoch, e.Version
	if e.Part {
		m.aside = change
		return
	}
	for _, u := range m.users {
		u.tell(func(p *pending) { p.merge(change) })
	}
}

// heard tells whether anybody wants to know what changes.
func (m *mirrored) heard() bool {
	for _, u := range m.users {
		if u.opt.OnChange != nil {
			return true
		}
	}
	return false
}

// end tells everybody that the Client is closed.
func (s *maps) end() {
	for _, m := range s.open {
		m.state, m.err = MapEnded, ErrClosed
		m.settled()
	}
	clear(s.open)
}
