package pebblestore

import "bytes"

// A shadow tells which of a CA's side keys, as they lie below a memtable, still count.
type shadow struct {
	extent extent
	keep   []byte // where the extent is hidesMost: those that begin with it
}

type extent byte

const (
	hidesNone extent = iota
	hidesMost        // all but those that begin with keep
	hidesAll
	nothingThere // to hide: there was no such CA when it came into the memtable
)

func (s shadow) hides(key []byte) bool {
	return s.extent >= hidesAll || s.extent == hidesMost && !bytes.HasPrefix(key, s.keep)
}

// hideBut hides all but what begins with keep, or everything if that is empty.
func (s *shadow) hideBut(keep []byte) {
	switch {
	case s.extent >= hidesAll:
	case len(keep) == 0:
		s.extent = hidesAll
	case s.extent == hidesNone, bytes.HasPrefix(keep, s.keep):
		s.extent, s.keep = hidesMost, bytes.Clone(keep)
	case !bytes.HasPrefix(s.keep, keep):
		s.extent = hidesAll
	}
}
