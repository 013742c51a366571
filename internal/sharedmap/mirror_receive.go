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

// applyAll applies what leads on from what is held: in all maps, or in none. Changes are told first, marked as belonging together, and states after
// them.
func (m *Mirrors) applyAll(sections []section) {
	if m.torn(sections) {
		for _, d := range sections {
			if s := m.byID(d.id); s != nil {
				m.startOver(s)
			}
		}
		return
	}
	last := -1
	for _, d := range sections {
		if s := m.byID(d.id); s != nil && s.applies(d) {
			m.apply(s, d)
			last = len(m.events) - 1
		}
	}
	if last >= 0 {
		m.events[last].More = false
	}
	for _, d := range sections {
		if s := m.byID(d.id); s != nil {
			s.target = max(s.target, d.to)
			m.turn(s, s.reason, false)
		}
	}
}

// torn tells whether something is missing before a section.
func (m *Mirrors) torn(sections []section) bool {
	for _, d := range sections {
		if s := m.byID(d.id); s != nil && s.staged == nil && !s.leads(d) {
			return true
		}
	}
	return false
}

// leads tells whether a section leads on from what is held, or holds nothing new. Nothing does while the map is asked for again: what
// comes was sent before the server knew.
func (s *mirror) leads(d section) bool {
	return !s.waits() && s.continues(d.epoch, d.from)
}

// waits tells whether the map is asked for, or about to be.
func (s *mirror) waits() bool { return s.asked || s.askAt != 0 }

// applies tells whether a section of a frame that is not torn has anything for us: a snapshot that is under way is not to be expected with it.
func (s *mirror) applies(d section) bool {
	return s.staged == nil && d.to > s.replica.version && s.continues(d.epoch, d.from)
}

func (m *Mirrors) apply(s *mirror, d section) {
	r := s.own()
	r.apply(d.changes)
	r.epoch, r.version, s.known = d.epoch, d.to, true
	e := m.emit(MirrorChanged, s.sub, d.batch)
	e.More, e.Epoch, e.Version = true, d.epoch, d.to
}
