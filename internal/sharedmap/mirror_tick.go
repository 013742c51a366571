package sharedmap

// Times of asking again, in µs.
const (
	firstPause   = 500_000
	longestPause = 30_000_000
	patience     = 3_600_000 // ms: the longest delay of a server that is followed
)

// Tick does what is due.
func (m *Mirrors) Tick(now int64) {
	m.advance(now)
	if m.wake == 0 || m.now < m.wake {
		return
	}
	m.wake = 0
	for _, s := range m.list {
		m.tick(s)
	}
}

func (m *Mirrors) tick(s *mirror) {
	if m.connected && s.askAt != 0 {
		m.at(s.askAt)
		m.askDue(s)
	}
	m.show(s)
}

// Wake is the next instant at which Tick has something to do, or a little before; 0 when only an input can change anything.
func (m *Mirrors) Wake() int64 { return m.wake }

func (m *Mirrors) advance(now int64) { m.now = max(m.now, now) }

// at wants a tick at an instant to come.
func (m *Mirrors) at(t int64) {
	if t > m.now && (m.wake == 0 || t < m.wake) {
		m.wake = t
	}
}

// pause is how long to wait after a refusal: as long as the server asked for, in ms, or doubling, and up to half as much again.
func (m *Mirrors) pause(s *mirror, retryAfter int64) int64 {
	d := min(int64(firstPause)<<min(s.attempts, 10), longestPause)
	s.attempts++
	d = max(d, min(retryAfter, patience)*1000)
	m.random ^= m.random << 13
	m.random ^= m.random >> 7
	m.random ^= m.random << 17
	return d + int64(m.random%uint64(d/2+1))
}
