package sharedmap

import "github.com/wabgo/wab/internal/wire"

// A mirror is one subscription.
type mirror struct {
	sub     uint32
	name    string
	started bool
	spoilt  bool // a seed was malformed
	replica *Replica
	shared  bool // somebody keeps the replica: it is to be copied before it changes
	known   bool // the replica is, or was, what the server has
	state   MirrorState
	reason  *wire.Error // what is in the way

	asked    bool   // map-open was sent and is not answered yet
	askedAt  int64  // when it was sent last
	askAt    int64  // when to send it again, 0 not
	attempts int    // refused in a row
	forget   bool   // ask next as if nothing were held
	opened   bool   // answered on this connection
	id       uint64 // the server's number for the map on this connection
	target   uint64 // the newest version that is known of

	staged *Replica // the snapshot that is under way, nil if none is
	parts  int      // of it that have come
	behind bool     // it is older than what we hold: its parts are passed over

	presence presence
}

// ask subscribes from what is held.
func (m *Mirrors) ask(s *mirror, more bool) {
	s.asked, s.askedAt, s.askAt = true, m.clock.Now, 0
	f := wire.MapOpen{Sub: s.sub, Map: s.name, More: more}
	if !s.forget {
		f.Epoch, f.Version = s.replica.epoch, s.replica.version
	}
	s.forget = false
	m.send(f.Append(nil))
}

// askAll subscribes anew to all maps.
func (m *Mirrors) askAll() {
	for _, s := range m.list {
		if s.started && !s.asked {
			s.askAt = m.clock.Now
		}
	}
	for _, s := range m.list {
		m.askDue(s)
	}
}

// askDue subscribes to those maps of a writer that it is time to ask for, one after the other: they go on together, so that none is seen ahead of
// the others.
func (m *Mirrors) askDue(of *mirror) {
	var last *mirror
	for _, s := range m.list {
		if s.askAt == 0 || s.askAt > m.clock.Now || !s.sameWriter(of) {
			continue
		}
		if last != nil {
			m.ask(last, true)
		}
		last = s
	}
	if last != nil {
		m.ask(last, false)
	}
}

// writerOf is the CA that writes a map: the name without its last label.
func writerOf(name string) string {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == '/' {
			return name[:i]
		}
	}
	return name
}

func (s *mirror) sameWriter(as *mirror) bool { return writerOf(s.name) == writerOf(as.name) }

// handleOpened takes the answer, or that the server begins anew of its own accord.
func (m *Mirrors) handleOpened(frame []byte) (ok bool) {
	f, err := wire.ParseMapOpened(frame)
	if err != nil {
		return false
	}
	s := m.sub(f.Sub)
	if s == nil || !s.started {
		return true
	}
	dropped := s.unstage()
	s.asked, s.askAt, s.opened, s.attempts = false, 0, true, 0
	s.id, s.target, s.presence.me = f.ID, f.Version, f.Who
	switch {
	case f.Snapshot:
		s.staged = NewReplica()
	case s.continues(f.Epoch, f.From):
		s.own().epoch = f.Epoch
	case f.From == 0:
		m.empty(s, f.Epoch)
	default:
		s.forget = true
		m.askAgain(s, dropped)
		return true
	}
	m.turn(s, nil, dropped)
	m.present(s)
	return true
}

// empty begins a new content at version 0.
func (m *Mirrors) empty(s *mirror, epoch uint64) {
	s.replica = NewReplica()
	s.replica.epoch = epoch
	e := m.emit(MirrorChanged, s.sub, []byte{0xa0})
	e.Reset, e.Epoch = true, epoch
}

// continues tells whether what happened from a version on leads on from what is held. A map that doesn't exist is version 0 of any epoch.
func (s *mirror) continues(epoch, from uint64) bool {
	r := s.replica
	return r.epoch == epoch && from <= r.version || r.epoch == 0 && r.version == 0 && from == 0
}

// current tells whether the content is the newest that the server told of.
func (s *mirror) current() bool {
	return s.opened && !s.asked && s.askAt == 0 && s.staged == nil && s.replica.version >= s.target
}

// turn finds out the state, and tells it with what is in the way; if it is as it was, only with force: somebody is to drop what was put aside.
func (m *Mirrors) turn(s *mirror, reason *wire.Error, force bool) {
	state := Opening
	switch {
	case s.current():
		state, s.known = Live, true
	case s.known:
		state = Stale
	}
	if force && state == Live {
		m.tell(s, Stale, nil) // Live alone drops nothing
	}
	if state != s.state || reason != s.reason || force {
		s.state, s.reason = state, reason
		m.tell(s, state, reason)
	}
}

func (m *Mirrors) tell(s *mirror, state MirrorState, reason *wire.Error) {
	e := m.emit(MirrorTurned, s.sub, nil)
	e.State, e.Err = state, reason
}

// own is the replica, to be changed.
func (s *mirror) own() *Replica {
	if s.shared {
		s.replica, s.shared = s.replica.Clone(), false
	}
	return s.replica
}

// unstage gives up the snapshot that is under way, and tells whether somebody has put parts of it aside.
func (s *mirror) unstage() (told bool) {
	told = s.parts > 0 && !s.behind
	s.staged, s.parts, s.behind = nil, 0, false
	return told
}

// ground marks a subscription as not open any more.
func (m *Mirrors) ground(s *mirror, reason *wire.Error) {
	dropped := s.unstage()
	s.asked, s.opened = false, false
	m.leave(s)
	m.turn(s, reason, dropped)
}

// handleEnd takes a refusal: for now, or for good.
func (m *Mirrors) handleEnd(frame []byte) (ok bool) {
	f, err := wire.ParseMapEnd(frame)
	if err != nil {
		return false
	}
	s := m.sub(f.Sub)
	if s == nil || !s.started {
		return true
	}
	reason := wire.Retry(f.Err.Code, f.Err.Message, f.Err.RetryAfter)
	switch reason.Code {
	case wire.Unavailable, wire.Overloaded, wire.Quota:
		s.askAt = m.clock.Now + m.clock.Pause(s.attempts, reason.RetryAfter)
		s.attempts++
		m.clock.At(s.askAt)
		m.ground(s, reason)
	default:
		m.remove(s)
		m.tell(s, Ended, reason)
	}
	return true
}

// calm is the least time, in µs, between two askings after gaps.
const calm = 1_000_000

// askAgain starts over from what is held: at once, unless that has just been done.
func (m *Mirrors) askAgain(s *mirror, dropped bool) {
	s.askAt = max(m.clock.Now, s.askedAt+calm)
	m.clock.At(s.askAt)
	m.askDue(s)
	m.turn(s, nil, dropped)
}

// startOver asks again for all maps of a writer, together: what they have missed comes in one frame, and until then none of them changes. Otherwise
// one would be seen ahead of the others.
func (m *Mirrors) startOver(of *mirror) {
	at := m.whenToStartOver(of)
	m.clock.At(at)
	for _, s := range m.list {
		if s.opened && s.staged == nil && !s.waits() && s.sameWriter(of) {
			s.askAt = at
		}
	}
	m.askDue(of)
	for _, s := range m.list {
		if s.opened && s.sameWriter(of) {
			m.turn(s, s.reason, false)
		}
	}
}

// whenToStartOver is when those that wait are asked for, or as soon as all have been calm for a while.
func (m *Mirrors) whenToStartOver(of *mirror) int64 {
	at := m.clock.Now
	for _, s := range m.list {
		switch {
		case !s.opened || !s.sameWriter(of):
		case s.askAt != 0:
			return s.askAt
		case !s.asked:
			at = max(at, s.askedAt+calm)
		}
	}
	return at
}
