package sharedmap

// Tick does what is due.
func (m *Mirrors) Tick(now int64) {
	m.clock.Advance(now)
	if !m.clock.Due() {
		return
	}
	for _, s := range m.list {
		m.tick(s)
	}
}

func (m *Mirrors) tick(s *mirror) {
	if m.connected && s.askAt != 0 {
		m.clock.At(s.askAt)
		m.askDue(s)
	}
	m.show(s)
}

// Wake is the next instant at which Tick has something to do, or a little before; 0 when only an input can change anything.
func (m *Mirrors) Wake() int64 { return m.clock.Wake }
