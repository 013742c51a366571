package sfu

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// silence is the level of what can't be heard (RFC 6464).
const silence = 127

// meter hears how loud a track is.
type meter struct {
	mu      sync.Mutex
	loudest uint8 // since the last reading, as its distance from silence
	heard   time.Time
}

// hear takes the level of a packet.
func (m *meter) hear(level uint8, known bool, now time.Time) {
	if !known {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loudest = max(m.loudest, silence-level)
	m.heard = now
}

// read returns the loudest level since the last reading; silence where nothing has come.
func (m *meter) read(time.Time) uint8 {
	m.mu.Lock()
	defer m.mu.Unlock()
	loudest := m.loudest
	m.loudest = 0
	return silence - loudest
}

// Who speaks: somebody is heard from speechLevel on. A new speaker takes over after takeOver of being clearly louder; whoever speaks
// stays the active speaker through pauses of up to pause.
const (
	speechLevel = 50 // −dBov
	louderBy    = 6  // dB
	takeOver    = 400 * time.Millisecond
	pause       = 2 * time.Second
	levelStep   = 3 // smaller changes of a level are not told
)

// speaker decides who speaks out of everybody's levels. It belongs to one goroutine, and reads no clock.
type speaker struct {
	smooth map[string]float64   // levels in dB above silence: fast up, slow down
	told   map[string]uint8     // as they were told last
	since  map[string]time.Time // from when on somebody has been louder than the active speaker
	active string
	spoke  time.Time // when the active speaker was last heard
}

func newSpeaker() *speaker {
	return &speaker{smooth: map[string]float64{}, told: map[string]uint8{}, since: map[string]time.Time{}}
}

// hear takes the levels of all who can be heard, and returns them smoothed, by member, and who speaks; changed is false where nobody
// needs to be told.
func (s *speaker) hear(loud map[string]uint8, now time.Time) (levels []Level, active string, changed bool) {
	for member, level := range loud {
		s.follow(member, float64(silence-level))
	}
	changed = s.forget(loud)
	if s.elect(now) {
		changed = true
	}
	for member := range loud {
		changed = s.tell(member) || changed
	}
	for member, level := range s.told {
		levels = append(levels, Level{Member: member, Level: level})
	}
	slices.SortFunc(levels, func(a, b Level) int { return cmp.Compare(a.Member, b.Member) })
	return levels, s.active, changed
}

func (s *speaker) follow(member string, loud float64) {
	before := s.smooth[member]
	weight := 0.3
	if loud > before {
		weight = 0.8
	}
	s.smooth[member] = before + weight*(loud-before)
}

// forget drops whom nobody hears any more.
func (s *speaker) forget(loud map[string]uint8) (changed bool) {
	for member := range s.smooth {
		if _, still := loud[member]; still {
			continue
		}
		_, told := s.told[member]
		changed = changed || told
		delete(s.smooth, member)
		delete(s.told, member)
		delete(s.since, member)
		if s.active == member {
			s.active = ""
			changed = true
		}
	}
	return changed
}

// elect decides who is the active speaker.
func (s *speaker) elect(now time.Time) (changed bool) {
	const heard = silence - speechLevel
	if s.active != "" && s.smooth[s.active] >= heard {
		s.spoke = now
	}
	bar := max(heard, s.smooth[s.active]+louderBy)
	if s.active == "" || s.smooth[s.active] < heard {
		bar = heard
	}
	best := ""
	for member, loud := range s.smooth {
		if member == s.active || loud < bar {
			delete(s.since, member)
			continue
		}
		if s.since[member].IsZero() {
			s.since[member] = now
		}
		if best == "" || loud > s.smooth[best] || loud == s.smooth[best] && member < best {
			best = member
		}
	}
	switch {
	case best != "" && (s.active == "" || now.Sub(s.since[best]) >= takeOver):
		s.active, s.spoke = best, now
		delete(s.since, best)
		return true
	case s.active != "" && now.Sub(s.spoke) > pause:
		s.active = ""
		return true
	}
	return false
}

// tell notes a member's level as others see it; false where it is much as before.
func (s *speaker) tell(member string) bool {
	level := uint8(silence - s.smooth[member] + 0.5)
	if s.smooth[member] < 1 {
		level = silence
	}
	before, known := s.told[member]
	if known && max(level, before)-min(level, before) < levelStep && (level != silence || before == silence) {
		return false
	}
	s.told[member] = level
	return true
}
