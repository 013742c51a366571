package sharedmap

import (
	"iter"
	"math"
)

// Map is one version of a map and never changes. The nil *Map is the map that does not exist: it has epoch 0, version 0, no entries.
type Map struct {
	epoch, version, floor uint64

	root    tree
	live    int // entries, methods among them
	methods int
	graves  int
	bytes   int
}

// none stands in for nil.
var none Map

func (m *Map) self() *Map {
	if m == nil {
		return &none
	}
	return m
}

// New is a map without entries, of version 0. epoch: not 0, less than 2^53, and another one each time that a map is made, so that
// versions of different maps of one name are never taken for each other's.
func New(epoch uint64) *Map { return &Map{epoch: epoch} }

// Epoch tells maps of one name apart that were made one after the other.
func (m *Map) Epoch() uint64 { return m.self().epoch }

// Version is how many times the map has changed.
func (m *Map) Version() uint64 { return m.self().version }

// Floor is the oldest version for which Since has an answer.
func (m *Map) Floor() uint64 { return m.self().floor }

// Len is the number of entries, without methods.
func (m *Map) Len() int { return m.self().live - m.self().methods }

// Size is the number of entries, methods included.
func (m *Map) Size() int { return m.self().live }

// Bytes is the size of all keys and values of entries.
func (m *Map) Bytes() int { return m.self().bytes }

// Graves is the number of tombstones.
func (m *Map) Graves() int { return m.self().graves }

// Get is the value of a key, which must not be changed.
func (m *Map) Get(key string) (value []byte, ok bool) {
	it := m.self().root.find(key)
	return it.value(), !it.dead()
}

// Has tells whether there is an entry with this key.
func (m *Map) Has(key string) bool {
	return !m.self().root.find(key).dead()
}

// All goes through the entries, methods included, in order. Values must not be changed.
func (m *Map) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		m.self().root.each(func(it item) bool { return it.dead() || yield(it.key(), it.value()) })
	}
}

// Entries goes through everything that a Loader needs, tombstones included, in order. Values must not be changed.
func (m *Map) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		m.self().root.each(func(it item) bool { return yield(it.entry()) })
	}
}

// Since is what has changed after a version: its time follows the number of changes. It is false if nobody knows any more, or if
// there has been no such version; then only the whole map helps.
func (m *Map) Since(version uint64) (*Delta, bool) {
	return m.SinceWithin(version, math.MaxInt)
}

// SinceWithin is Since for what has at most so many bytes of keys and values, and false for more: it takes no longer than for as many.
func (m *Map) SinceWithin(version uint64, limit int) (*Delta, bool) {
	m = m.self()
	if version < m.floor || version > m.version {
		return nil, false
	}
	changes := m.root.since(version, &limit, nil)
	if limit < 0 {
		return nil, false
	}
	return &Delta{m.epoch, version, m.version, changes}, true
}

// count adds an item to the numbers by 1, or takes it out by -1.
func (m *Map) count(it item, by int) {
	switch {
	case it.none():
		return
	case it.dead():
		m.graves += by
		return
	case IsMethod(it.key()):
		m.methods += by
	}
	m.live += by
	m.bytes += by * it.bytes()
}
