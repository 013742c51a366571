package bus

import (
	"encoding/binary"

	"github.com/wabgo/wab/internal/cbor"
)

// knownRing is a caller's ring in memory, so that a key that is new is known to be new without looking for it: all keys with a receipt stand in the ring. It takes 16 bytes a key.
type knownRing struct {
	next  uint64
	slots [][hashBytes]byte // all zeros for none
}

// ring is that of a caller whose keys come one after the other, nil for others, who are not worth the memory.
func (s *receipts) ring(a asked) (*knownRing, error) {
	prefix := caller(keyRing, a)
	if known := s.rings[string(prefix)]; known != nil {
		return known, nil
	}
	if s.last != string(prefix) {
		s.last = string(prefix)
		return nil, nil
	}
	known, err := s.readRing(prefix)
	if err != nil {
		return nil, err
	}
	if s.rings == nil || len(s.rings) >= cachedRings {
		s.rings = map[string]*knownRing{}
	}
	s.rings[string(prefix)] = known
	return known, nil
}

// readRing reads what lies at a prefix: the number of the next place, and the keys in their places.
func (s *receipts) readRing(prefix []byte) (*knownRing, error) {
	known := &knownRing{}
	err := s.ca.Receipts(prefix, func(key, value []byte) error {
		switch at := key[len(prefix):]; {
		case len(at) == 0:
			r := cbor.NewReader(value)
			known.next = r.Uint()
		case len(at) == 2 && len(value) == hashBytes:
			known.set(int(binary.BigEndian.Uint16(at)), [hashBytes]byte(value))
		}
		return nil
	})
	return known, err
}

func (k *knownRing) set(slot int, hashed [hashBytes]byte) {
	for len(k.slots) <= slot {
		k.slots = append(k.slots, [hashBytes]byte{})
	}
	k.slots[slot] = hashed
}

// put has a key take the next place.
func (k *knownRing) put(hashed [hashBytes]byte) {
	k.set(int(k.next%KeysPerCaller), hashed)
	k.next++
}

// places is how many places a key has: more than one if it was used again when its receipt had expired.
func (k *knownRing) places(hashed [hashBytes]byte) (n int) {
	for i := range k.slots {
		if k.slots[i] == hashed {
			n++
		}
	}
	return n
}

// evicted is the key that makes room for the next one, nil for none. One that has since been used again holds a place further on.
func (k *knownRing) evicted() []byte {
	slot := int(k.next % KeysPerCaller)
	if slot >= len(k.slots) || k.slots[slot] == ([hashBytes]byte{}) || k.places(k.slots[slot]) > 1 {
		return nil
	}
	hashed := k.slots[slot]
	return hashed[:]
}

// byRing is byText with the ring in memory: a key that has no place there has no receipt.
func (s *receipts) byRing(a asked, known *knownRing, err error) (*receipt, error) {
	if err != nil {
		return nil, err
	}
	key := textKey(a)
	if known.places([hashBytes]byte(key[len(key)-hashBytes:])) > 0 {
		if old, err := s.read(key); err != nil || old != nil {
			return old, err
		}
	}
	s.place = &place{ring: ring{known.next, known.evicted()}, known: known}
	return nil, nil
}
