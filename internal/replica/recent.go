package replica

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"

	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/sharedmap"
)

// recent remembers what was asked of one snapshot of a large group: the same members come again and again, and a way through a tree of
// a hundred thousand costs a microsecond of waiting for memory. It goes with its snapshot, so it is never stale. Where there is no room a newer answer takes
// an older one's place.
type recent struct {
	slots []atomic.Pointer[answer] // in sets of recentWays
}

type answer struct {
	key string
	has bool
}

const (
	recentFrom  = 512     // entries; smaller groups are as quick without
	recentShare = 4       // entries for each slot
	recentMost  = 1 << 15 // slots
	recentWays  = 4
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

// has tells whether a key counts in the map, from memory if it was asked for.
func (r *recent) has(m *sharedmap.Map, key string) bool {
	h := maphash.String(recentSeed, key)
	first := h & uint64(len(r.slots)-1) &^ (recentWays - 1)
	set := r.slots[first : first+recentWays]
	free := h >> 62 // any of them
	for i := range set {
		a := set[i].Load()
		if a == nil {
			free = uint64(i)
			break
		}
		if a.key == key {
			return a.has
		}
	}
	has := counts(m, key)
	set[free].Store(&answer{key, has})
	return has
}

// counts looks it up.
func counts(m *sharedmap.Map, key string) bool {
	value, ok := m.Get(key)
	return ok && policy.Counts(value)
}
