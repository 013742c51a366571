package client

import (
	"iter"

	"github.com/wabgo/wab/internal/sharedmap"
)

// View is a map at one version. It never changes, and may be kept and read from many goroutines.
type View struct{ r *sharedmap.Replica }

// View is the content as it is now. While nobody keeps changing the map it costs nothing; the first change after it copies the map once.
func (m *Map) View() View {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	m.c.maps.mirrors.Share(m.sub.sub)
	return View{m.replica()}
}

// Get decodes a value into into, which may be nil; ok is false if there is no such key.
func (v View) Get(key string, into any) (ok bool, err error) {
	value, ok := get(v.r, key)
	return decodeEntry(key, value, ok, into)
}

// Has tells whether there is such a key.
func (v View) Has(key string) bool {
	_, ok := get(v.r, key)
	return ok
}

// Len is the number of entries.
func (v View) Len() int { return v.r.Len() }

// Epoch is the map's epoch.
func (v View) Epoch() uint64 { return v.r.Epoch() }

// Version is the version that is viewed.
func (v View) Version() uint64 { return v.r.Version() }

// All runs over keys and encoded values, in any order; see Decode. Values must not be changed.
func (v View) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, value := range v.r.All() {
			if !sharedmap.IsMethod(key) && !yield(key, value) {
				return
			}
		}
	}
}

// Keys runs over the keys, in any order.
func (v View) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for key := range v.All() {
			if !yield(key) {
				return
			}
		}
	}
}
