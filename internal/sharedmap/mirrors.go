package sharedmap

import (
	"github.com/wabgo/wab/internal/due"
	"github.com/wabgo/wab/internal/wire"
)

// Mirrors holds the replicas of all maps that one link subscribes to, as a state machine without I/O.
//
// A driver calls it from one goroutine at a time, together with its link: Connected once the server has welcomed us, Disconnected when that
// connection is gone, Received for each frame of kind 80 and above, Tick at Wake. After each input it drains Next. Instants are µs since
// 1970 by the client's clock. Events may alias the frame that was received: drain before its buffer is used again.
//
// A mirror goes on from the version that it holds, and asks again by itself after a cut, after a gap, and after the server has refused for the
// time being. What a frame changes in several maps is applied whole or not at all. Its version never goes back within an epoch. A snapshot that comes in parts replaces the content whole, or not at all.
type Mirrors struct {
	events []MirrorEvent
	head   int
	clock  due.Timer

	connected bool
	subs      uint32
	list      []*mirror // in the order they were opened
	buffer    []change
}

// NewMirrors makes a machine without subscriptions. seed is of its jitter.
func NewMirrors(seed uint64) *Mirrors { return &Mirrors{clock: due.New(seed)} }

// Open subscribes to a map, app:owner/local/map: Add and Start in one, without a cache.
func (m *Mirrors) Open(now int64, name string) (sub uint32) {
	sub = m.Add(name)
	m.Start(now, sub, 0, 0)
	return sub
}

// Add gives a map a number. Nothing else happens until Start, but that Seed may hand in what a cache holds. A map has one subscription: if
// it was added before, its number is returned again.
func (m *Mirrors) Add(name string) (sub uint32) {
	for _, s := range m.list {
		if s.name == name {
			return s.sub
		}
	}
	m.subs++
	m.list = append(m.list, &mirror{sub: m.subs, name: name, replica: NewReplica()})
	return m.subs
}

// Seed hands in a batch of a cache. They are applied in the order in which they come; if one is malformed, Start forgets them all.
func (m *Mirrors) Seed(sub uint32, batch []byte) {
	if s := m.sub(sub); s != nil && !s.started && s.replica.load(batch) != nil {
		s.spoilt = true
	}
}

// Start subscribes to a map that was added. epoch and version are what its seeds add up to; an epoch of 0 forgets them. What was seeded is not
// told as a change.
func (m *Mirrors) Start(now int64, sub uint32, epoch, version uint64) {
	m.clock.Advance(now)
	s := m.sub(sub)
	if s == nil || s.started {
		return
	}
	s.started, s.known = true, epoch != 0 && !s.spoilt
	if s.known {
		s.replica.epoch, s.replica.version = epoch, version
	} else {
		s.replica = NewReplica()
	}
	m.turn(s, nil, true)
	if m.connected {
		m.ask(s, false)
	}
}

// Close ends a subscription and forgets the replica.
func (m *Mirrors) Close(now int64, sub uint32) {
	m.clock.Advance(now)
	s := m.sub(sub)
	if s == nil {
		return
	}
	m.remove(s)
	if s.asked || s.opened {
		m.send(wire.MapClose{Sub: sub}.Append(nil))
	}
}

// Connected tells that the server has welcomed us on a new connection.
func (m *Mirrors) Connected(now int64) {
	m.clock.Advance(now)
	m.connected = true
	m.askAll()
}

// Disconnected tells that the connection is gone.
func (m *Mirrors) Disconnected(now int64) {
	m.clock.Advance(now)
	if !m.connected {
		return
	}
	m.connected = false
	for _, s := range m.list {
		if s.started {
			s.askAt = 0
			m.ground(s, nil)
		}
	}
}

// Received hands in a frame. Kinds that it doesn't know are ignored. After an error, which is a *wire.Error, the connection is of no use:
// the server makes no sense.
func (m *Mirrors) Received(now int64, frame []byte) error {
	m.clock.Advance(now)
	if !m.connected {
		return nil
	}
	ok := true
	switch wire.Kind(frame) {
	case wire.KindMapOpened:
		ok = m.handleOpened(frame)
	case wire.KindMapPart:
		ok = m.handlePart(frame)
	case wire.KindMapDelta:
		ok = m.handleDelta(frame)
	case wire.KindMapEnd:
		ok = m.handleEnd(frame)
	case wire.KindPresence:
		ok = m.handlePresence(frame)
	}
	if !ok {
		return wire.Err(wire.BadRequest, "A map's frame is malformed.")
	}
	return nil
}

// Replica is the content of an open subscription, which is the machine's: read it before the next input. nil if there is none.
func (m *Mirrors) Replica(sub uint32) *Replica {
	if s := m.sub(sub); s != nil {
		return s.replica
	}
	return nil
}

// Share is the content of an open subscription, for good: the machine copies it before it changes anything. nil if there is none.
func (m *Mirrors) Share(sub uint32) *Replica {
	s := m.sub(sub)
	if s == nil {
		return nil
	}
	s.shared = true
	return s.replica
}

// Presence is who is in the map of an open subscription: the number of our seat 0, and a CBOR array of [who, owner, value].
func (m *Mirrors) Presence(sub uint32) (me uint64, present []byte) {
	if s := m.sub(sub); s != nil {
		e := s.presence.all(sub)
		return e.Who, e.Data[:len(e.Data)-1] // without the empty array of those who are gone
	}
	return 0, []byte{0x80}
}

// State is where an open subscription stands, and what is in the way, if anything.
func (m *Mirrors) State(sub uint32) (MirrorState, *wire.Error) {
	if s := m.sub(sub); s != nil {
		return s.state, s.reason
	}
	return Ended, nil
}

func (m *Mirrors) sub(sub uint32) *mirror {
	for _, s := range m.list {
		if s.sub == sub {
			return s
		}
	}
	return nil
}

// byID finds a mirror by the server's number for its map.
func (m *Mirrors) byID(id uint64) *mirror {
	for _, s := range m.list {
		if s.opened && s.id == id {
			return s
		}
	}
	return nil
}

func (m *Mirrors) remove(s *mirror) {
	for i := range m.list {
		if m.list[i] == s {
			last := len(m.list) - 1
			copy(m.list[i:], m.list[i+1:])
			m.list[last] = nil
			m.list = m.list[:last]
			return
		}
	}
}
