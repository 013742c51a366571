package sharedmap

import (
	"cmp"
	"slices"
)

// Loader builds a map out of what was stored. It keeps what is added, and copies it.
type Loader struct {
	m     Map
	items []item
}

// NewLoader begins a map of this epoch, version and floor.
func NewLoader(epoch, version, floor uint64) *Loader {
	return &Loader{m: Map{epoch: epoch, version: version, floor: floor}}
}

// Add adds an entry or a tombstone, in any order; in that of Map.Entries it is quickest. Of several with one key the newest counts.
// Limits are not checked, but that a key without bytes or of more than MaxKey, which no map has, is passed over.
func (l *Loader) Add(e Entry) {
	if len(e.Key) == 0 || len(e.Key) > MaxKey {
		return
	}
	l.items = append(l.items, newItem(e.Key, e.Value, e.Version))
}

// Map is the map. The Loader is empty afterwards.
func (l *Loader) Map() *Map {
	m, items := l.m, l.inOrder()
	for _, it := range items {
		m.count(it, 1)
	}
	m.root = grow(divide(items, leaf, nil))
	*l = Loader{}
	return &m
}

func (l *Loader) inOrder() []item {
	order := func(a, b item) int {
		if c := compareKeys(a.key(), b.key()); c != 0 {
			return c
		}
		return cmp.Compare(b.version, a.version)
	}
	if !slices.IsSortedFunc(l.items, order) {
		slices.SortStableFunc(l.items, order)
	}
	return slices.CompactFunc(l.items, func(a, b item) bool { return a.key() == b.key() })
}
