package sharedmap

import (
	"iter"

	"github.com/wabgo/wab/internal/cbor"
)

// Replica is a reader's copy of a map outside the server: a plain map of encoded values at one version. It is not for concurrent use.
type Replica struct {
	epoch, version uint64
	slots          map[string]*slot
	methods        int
	buffer         []change
}

// slot holds a value, whose bytes are written over in place: most changes allocate nothing.
type slot struct{ value []byte }

// NewReplica makes the replica of a map that doesn't exist: epoch 0, version 0, no entries.
func NewReplica() *Replica { return &Replica{slots: make(map[string]*slot)} }

// Epoch is the map's epoch, 0 while it doesn't exist.
func (r *Replica) Epoch() uint64 { return r.epoch }

// Version is the version that the content is of.
func (r *Replica) Version() uint64 { return r.version }

// Len is the number of entries, without methods.
func (r *Replica) Len() int { return len(r.slots) - r.methods }

// Size is the number of entries, methods included.
func (r *Replica) Size() int { return len(r.slots) }

// Get is an encoded value. It is valid until the replica changes.
func (r *Replica) Get(key string) (value []byte, ok bool) {
	if s := r.slots[key]; s != nil {
		return s.value, true
	}
	return nil, false
}

// All runs over the entries, methods included, in any order. Values are valid until the replica changes.
func (r *Replica) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, s := range r.slots {
			if !yield(key, s.value) {
				return
			}
		}
	}
}

// Clone is a copy that later changes leave alone.
func (r *Replica) Clone() *Replica {
	c := NewReplica()
	c.epoch, c.version = r.epoch, r.version
	r.Batches(1<<16, func(batch []byte, _ bool) { c.load(batch) })
	return c
}

// Batches hands out the content in batches of about limit bytes, at least one, and tells with each whether it is the last. A batch is valid
// during the call only, and its keys are in any order.
func (r *Replica) Batches(limit int, yield func(batch []byte, last bool)) {
	b := make([]byte, headRoom, headRoom+1024)
	n := 0
	for key, s := range r.slots {
		if len(b) >= headRoom+limit {
			yield(withHead(b, n), false)
			b, n = b[:headRoom], 0
		}
		b = append(cbor.AppendText(b, key), s.value...)
		n++
	}
	yield(withHead(b, n), true)
}

// headRoom is what the head of a map takes at most.
const headRoom = 9

// withHead puts the head of a map of n pairs in front of them. There is headRoom in b.
func withHead(b []byte, n int) []byte {
	var head [headRoom]byte
	start := headRoom - len(cbor.AppendMapHeader(head[:0], n))
	copy(b[start:headRoom], head[:])
	return b[start:]
}

// load applies a batch. After an error the replica is as it was.
func (r *Replica) load(batch []byte) error {
	list, err := readBatch(batch, r.buffer[:0])
	r.buffer = list
	if err == nil {
		r.apply(list)
	}
	r.rest()
	return err
}

// apply makes changes that have been checked.
func (r *Replica) apply(list []change) {
	for _, c := range list {
		if c.value == nil {
			r.delete(c.key)
		} else {
			r.set(c.key, c.value)
		}
	}
}

func (r *Replica) set(key, value []byte) {
	if s := r.slots[string(key)]; s != nil {
		s.write(value)
		return
	}
	r.slots[string(key)] = &slot{clone(value)}
	if isMethod(key) {
		r.methods++
	}
}

func (r *Replica) delete(key []byte) {
	if r.slots[string(key)] == nil {
		return
	}
	delete(r.slots, string(key))
	if isMethod(key) {
		r.methods--
	}
}

// wasteful is from where on a value's room is given back when the value needs a quarter of it or less.
const wasteful = 256

func (s *slot) write(value []byte) {
	if cap(s.value) > wasteful && cap(s.value)/4 > len(value) {
		s.value = nil
	}
	s.value = append(s.value[:0], value...)
}

// maxBuffer is how many changes the buffer keeps room for after a rare large batch.
const maxBuffer = 4096

// rest lets go of the frame that was read last.
func (r *Replica) rest() { r.buffer = reuse(r.buffer) }

func reuse(buffer []change) []change {
	if cap(buffer) > maxBuffer {
		return nil
	}
	clear(buffer)
	return buffer[:0]
}

func isMethod(key []byte) bool { return len(key) > 0 && key[0] == MethodMark }
