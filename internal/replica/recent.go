package replica

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"github.com/wabgo/wab/internal/sharedmap"
)

// recent remembers what was asked of one snapshot of a large group: the same members come again and again, and a way through a tree of
// a hundred thousand costs a microsecond of waiting for memory. It goes with its snapshot, so it is never stale. Newer answers take older ones' places.
type recent struct {
	slots []atomic.Pointer[answer]
}

type answer struct {
	key   string
	value []byte
	ok    bool
}

const (
	recentFrom  = 512     // entries; smaller groups are as quick without
	recentShare = 8       // entries for each slot
	recentMost  = 1 << 14 // slots
)

var recentSeed = maphash.MakeSeed()

// recentOf is a memory for a map, nil for a small one.
func recentOf(m *sharedmap.Map) *recent {
	if m.Size() < recentFrom {
		return nil
	}
	n := min(recentMost, 1<<bits.Len(uint(m.Size()/recentShare)))
	return &recent{make([]atomic.Pointer[answer], n)}
}

// get is the value of a key, from memory or from the map.
func (r *recent) get(m *sharedmap.Map, key string) (value []byte, ok bool) {
	slot := &r.slots[maphash.String(recentSeed, key)&uint64(len(r.slots)-1)]
	if a := slot.Load(); a != nil && a.key == key {
		return a.value, a.ok
	}
	value, ok = m.Get(key)
	slot.Store(&answer{key, value, ok})
	return value, ok
}
