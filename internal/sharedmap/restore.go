package sharedmap

import (
	"cmp"
	"slices"
)

// Loader builds a map out of what was stored.
type Loader struct {
	m Map

	// byLength has the items apart by the lengths of their keys, less one. Most stores give keys bytewise, and then each of these is in
	// order already.
	byLength [MaxKey][]item
}

// NewLoader begins a map of this epoch, version and floor.
func NewLoader(epoch, version, floor uint64) *Loader {
	return &Loader{m: Map{epoch: epoch, version: version, floor: floor}}
}

// Add adds an entry or a tombstone, and copies it. Any order will do; bytewise by keys and that of Map.Entries are the quickest. Of
// several with one key the newest counts. Limits are not checked, but what has no key, or one longer than MaxKey, is passed over: no map
// has stored it.
func (l *Loader) Add(e Entry) {
	n := len(e.Key) - 1
	if n < 0 || n >= MaxKey {
		return
	}
	l.byLength[n] = append(l.byLength[n], newItem(e.Key, e.Value, e.Version))
}

// Map is the map. The Loader is of no use afterwards.
func (l *Loader) Map() *Map {
	n := 0
	for i, items := range l.byLength {
		l.byLength[i] = inOrderOnce(items)
		n += len(l.byLength[i])
	}
	all := make([]item, 0, n)
	for i, items := range l.byLength {
		all = append(all, items...)
		l.byLength[i] = nil
	}
	for _, it := range all {
		l.m.count(it, 1)
	}
	l.m.root = grow(leaves(all, nil))
	return &l.m
}

// inOrderOnce leaves the newest item of each key.
func inOrderOnce(items []item) []item {
	newestFirst := func(a, b item) int {
		if c := compareKeys(a.key(), b.key()); c != 0 {
			return c
		}
		return cmp.Compare(b.version(), a.version())
	}
	if !slices.IsSortedFunc(items, newestFirst) {
		slices.SortFunc(items, newestFirst)
	}
	return slices.CompactFunc(items, func(a, b item) bool { return a.key() == b.key() })
}
