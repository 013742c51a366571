package sfu

import (
	"testing"
	"time"
)

// talk is what is heard of some members for a while.
type talk struct {
	ticks  int
	loud   map[string]uint8
	active string // in the end
}

func TestSpeaker(t *testing.T) {
	quiet := map[string]uint8{"alice": silence, "bob": silence}
	for name, talks := range map[string][]talk{
		"nobody":                        {{10, quiet, ""}},
		"murmur is not speech":          {{10, map[string]uint8{"alice": 60, "bob": 70}, ""}},
		"the first who speaks, at once": {{1, map[string]uint8{"alice": 30, "bob": silence}, "alice"}},
		"a cough takes nothing over":    {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {1, map[string]uint8{"alice": 30, "bob": 10}, "alice"}, {5, map[string]uint8{"alice": 30, "bob": silence}, "alice"}},
		"who goes on louder takes over": {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {5, map[string]uint8{"alice": 30, "bob": 10}, "bob"}},
		"as loud as is not louder":      {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {50, map[string]uint8{"alice": 30, "bob": 28}, "alice"}},
		"a pause is no end":             {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {7, quiet, "alice"}},
		"silence is":                    {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {25, quiet, ""}},
		"an answer in a pause":          {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {8, map[string]uint8{"alice": silence, "bob": 35}, "bob"}},
		"who leaves":                    {{10, map[string]uint8{"alice": 30, "bob": silence}, "alice"}, {1, map[string]uint8{"bob": silence}, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			s, now := newSpeaker(), time.Unix(1000, 0)
			for i, k := range talks {
				active := ""
				for range k.ticks {
					now = now.Add(pulseEvery)
					_, active, _ = s.hear(k.loud, now)
				}
				if active != k.active {
					t.Errorf("part %d: %q speaks, not %q", i+1, active, k.active)
				}
			}
		})
	}
}

func TestLevelsAreToldOnChangeOnly(t *testing.T) {
	s, now := newSpeaker(), time.Unix(1000, 0)
	told := 0
	for range 100 {
		now = now.Add(pulseEvery)
		if _, _, changed := s.hear(map[string]uint8{"alice": 30, "bob": silence}, now); changed {
			told++
		}
	}
	if told == 0 || told > 5 {
		t.Errorf("a steady level was told %d times", told)
	}
}

func TestAMeterReadsTheLoudest(t *testing.T) {
	var m meter
	now := time.Unix(1, 0)
	for _, level := range []uint8{90, 20, 60} {
		m.hear(level, true, now)
	}
	m.hear(0, false, now) // a packet that says nothing of its level
	if got := m.read(now); got != 20 {
		t.Errorf("read %d", got)
	}
	if got := m.read(now); got != silence {
		t.Errorf("read %d where nothing has come", got)
	}
}
