package bus

import (
	"crypto/sha256"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/cbor"
)

// ring is where the next receipt of a caller's Idempotency-Keys goes, and which one makes room for it.
type ring struct {
	next    uint64
	evicted []byte // the hashed key that held the place, nil for none
}

const hashBytes = 16

func hash(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte{byte(len(p) >> 24), byte(len(p) >> 16), byte(len(p) >> 8), byte(len(p))})
		h.Write(p)
	}
	return h.Sum(nil)[:hashBytes]
}

// digest stands for what a request asks.
func digest(a asked) []byte { return hash([]byte(a.method), a.args) }

func textKey(a asked) []byte { return append(caller(keyReceipt, a), hash([]byte(a.key.Text))...) }

func ringKey(a asked, n uint64) []byte {
	n %= KeysPerCaller
	return append(caller(keyRing, a), byte(n>>8), byte(n))
}

func (s *receipts) byText(a asked) (*receipt, error) {
	if known, err := s.ring(a); known != nil || err != nil {
		return s.byRing(a, known, err)
	}
	old, err := s.read(textKey(a))
	if err != nil || old != nil {
		return old, err
	}
	next, err := s.ca.Receipt(caller(keyRing, a))
	if err != nil {
		return nil, err
	}
	s.place = &place{}
	if next != nil {
		r := cbor.NewReader(next)
		s.place.ring.next = r.Uint()
	}
	s.place.ring.evicted, err = s.evicted(a, s.place.ring.next)
	return nil, err
}

// evicted is the hashed key that makes room for the next one. One that has since been used again holds a place further on.
func (s *receipts) evicted(a asked, next uint64) ([]byte, error) {
	hashed, err := s.ca.Receipt(ringKey(a, next))
	if err != nil || hashed == nil {
		return nil, err
	}
	old, err := s.read(append(caller(keyReceipt, a), hashed...))
	if err != nil || old == nil || old.id+KeysPerCaller != next {
		return nil, err
	}
	return hashed, nil
}

func (s *receipts) keepByText(c *actor.Commit, a asked, rec *receipt, until int64) {
	key := textKey(a)
	hashed := key[len(key)-hashBytes:]
	ring := s.place.ring
	if evicted := ring.evicted; evicted != nil && string(evicted) != string(hashed) {
		c.Delete(append(caller(keyReceipt, a), evicted...))
	}
	rec.id = ring.next
	if s.place.known != nil {
		s.place.known.put([hashBytes]byte(hashed))
	}
	c.PutReceipt(ringKey(a, ring.next), hashed, until)
	c.PutReceipt(caller(keyRing, a), cbor.AppendUint(nil, ring.next+1), until)
	c.PutReceipt(key, rec.encode(), until)
}
