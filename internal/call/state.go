package call

import (
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/sharedmap"
)

// Keys of a room's map, which its CA writes and its members mirror.
const (
	KeyOpen   = "open"   // {"since": µs}: without it the room is closed
	KeyLocked = "locked" // true: nobody new comes in
	KeyMode   = "mode"   // how people are shown: gallery, cutout or heads
	KeyMax    = "max"    // members at most
	KeyMuted  = "muted/" // and a principal: the sources that the host has silenced
)

// state is what a room's map says.
type state struct {
	open, locked bool
	mode         string
	max          int
	muted        map[string][]string // by principal
}

// read takes a room's map apart. What it doesn't understand, for the app has written it, it passes over.
func read(m *sharedmap.Map) state {
	s := state{mode: "gallery", max: MaxMembers}
	for key, value := range m.All() {
		r := cbor.NewReader(value)
		switch {
		case key == KeyOpen:
			s.open = r.Kind() == cbor.KindMap
		case key == KeyLocked:
			s.locked = r.Kind() == cbor.KindBool && r.Bool()
		case key == KeyMode && r.Kind() == cbor.KindText:
			s.mode = r.Text()
		case key == KeyMax && r.Kind() == cbor.KindUint:
			s.max = int(min(r.Uint(), MaxMembers))
		case strings.HasPrefix(key, KeyMuted) && r.Kind() == cbor.KindArray:
			if s.muted == nil {
				s.muted = map[string][]string{}
			}
			s.muted[key[len(KeyMuted):]] = texts(&r)
		}
	}
	return s
}

func texts(r *cbor.Reader) (all []string) {
	for n := r.Array(); n > 0 && r.Err() == nil && r.Kind() == cbor.KindText; n-- {
		all = append(all, r.Text())
	}
	return all
}
