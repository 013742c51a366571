package sharedmap

import "github.com/wabgo/wab/internal/wire"

// handlePart takes a part of a snapshot. The content is replaced when the last one has come.
func (m *Mirrors) handlePart(frame []byte) (ok bool) {
	f, err := wire.ParseMapPart(frame)
	if err != nil {
		return false
	}
	s := m.sub(f.Sub)
	if s == nil || s.staged == nil {
		return true
	}
	if s.parts == 0 {
		s.staged.epoch, s.staged.version = f.Epoch, f.Version
		s.behind = f.Epoch == s.replica.epoch && f.Version < s.replica.version
	}
	if s.staged.epoch != f.Epoch || s.staged.version != f.Version {
		return false
	}
	s.parts++
	if s.behind {
		m.passOver(s, f.Last)
		return true
	}
	if s.staged.load(f.Entries) != nil {
		return false
	}
	e := m.emit(MirrorChanged, s.sub, f.Entries)
	e.Reset, e.Part, e.Epoch, e.Version = s.parts == 1, !f.Last, f.Epoch, f.Version
	if f.Last {
		s.replica, s.known = s.staged, true
		s.unstage()
		m.turn(s, s.reason, false)
	}
	return true
}

// passOver ignores a snapshot that is older than what we hold.
func (m *Mirrors) passOver(s *mirror, last bool) {
	if last {
		s.unstage()
		m.turn(s, s.reason, false)
	}
}

// handleDelta takes changes of maps that changed together. All of the frame is checked before any of it is applied.
func (m *Mirrors) handleDelta(frame []byte) (ok bool) {
	sections, buffer, err := readSections(frame, m.buffer)
	if err != nil {
		return false
	}
	m.applyAll(sections)
	m.buffer = reuse(buffer)
	return true
}

// applyAll applies what leads on from what is held. Changes are told first, marked as belonging together, and states after them.
func (m *Mirrors) applyAll(sections []section) {
	last := -1
	for _, d := range sections {
		if s := m.shared(d.id); s != nil && m.applyOne(s, d) {
			last = len(m.events)
			e := m.emit(MirrorChanged, s.sub, d.batch)
			e.More, e.Epoch, e.Version = true, d.epoch, d.to
		}
	}
	if last >= 0 {
		m.events[last].More = false
	}
	for _, d := range sections {
		if s := m.shared(d.id); s != nil {
			m.follow(s, d)
		}
	}
}

// applyOne applies a delta if it fits and is new.
func (m *Mirrors) applyOne(s *mirror, d section) bool {
	if s.staged != nil || !s.continues(d.epoch, d.from) || d.to <= s.replica.version {
		return false
	}
	r := s.own()
	r.apply(d.changes)
	r.epoch, r.version, s.known = d.epoch, d.to, true
	return true
}

// follow draws the consequences of a delta: the content is the newest now, or there is a gap.
func (m *Mirrors) follow(s *mirror, d section) {
	switch {
	case s.staged != nil:
		s.target = max(s.target, d.to) // not to be expected: the snapshot alone won't do
	case s.replica.epoch != d.epoch || s.replica.version < d.to:
		m.askAgain(s, false)
	default:
		m.turn(s, s.reason, false)
	}
}
