package sharedmap

import (
	"iter"
	"slices"

	"github.com/wabgo/wab/internal/wire"
)

// Edit is a transaction's view of a map: it has what the transaction has changed, and the map knows nothing of it until Commit. To
// roll back is to forget the Edit. Only what differs from the map is a change: a value set to what it was is none, and neither is a
// key that comes and goes.
type Edit struct {
	base    *Map
	changes map[string]item // each differs from base; a tombstone for what is deleted
	weight  int             // bytes of the changes
	now     Map             // the numbers after the changes; the tree is base's
	err     error
}

// Edit begins a transaction. What doesn't exist can't be edited: a map begins with New.
func (m *Map) Edit() *Edit { return &Edit{base: m, now: *m.self()} }

// Get is the value of a key, which must not be changed.
func (e *Edit) Get(key string) (value []byte, ok bool) {
	it := e.find(key)
	return it.value(), !it.dead()
}

// Has tells whether there is an entry with this key.
func (e *Edit) Has(key string) bool {
	return !e.find(key).dead()
}

// Len is the number of entries, without methods.
func (e *Edit) Len() int { return e.now.Len() }

// Changes is the number of keys whose entries differ from the map's.
func (e *Edit) Changes() int { return len(e.changes) }

// Err is the *wire.Error (too_large) of a Delete that went beyond the limits of one transaction. The Edit can't be committed then,
// and takes no further changes.
func (e *Edit) Err() error { return e.err }

// All goes through the entries, methods included, in order, as they are when it begins: the Edit may be changed meanwhile. Values must
// not be changed.
func (e *Edit) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		changes := e.sorted()
		emit := func(it item) bool { return it.dead() || yield(it.key(), it.value()) }
		whole := e.now.root.each(func(it item) bool {
			for len(changes) > 0 && compareKeys(changes[0].key(), it.key()) < 0 {
				if !emit(changes[0]) {
					return false
				}
				changes = changes[1:]
			}
			if len(changes) > 0 && changes[0].key() == it.key() {
				it, changes = changes[0], changes[1:]
			}
			return emit(it)
		})
		for whole && len(changes) > 0 {
			whole = emit(changes[0])
			changes = changes[1:]
		}
	}
}

// Set gives a key a value, which is copied: one item of package cbor; nobody checks that here. Errors are *wire.Error (too_large,
// bad_request), and leave everything as it was.
func (e *Edit) Set(key string, value []byte) error {
	if e.err != nil {
		return e.err
	}
	if err := checkAnyKey(key); err != nil {
		return err
	}
	if err := checkValue(value); err != nil {
		return err
	}
	if string(e.find(key).value()) == string(value) {
		return nil
	}
	return e.change(newItem(key, value, 0))
}

// Delete removes an entry, and tells whether there was one. A Delete beyond the limits of one transaction removes nothing, and ends
// the Edit: see Err.
func (e *Edit) Delete(key string) bool {
	if e.err != nil || !e.Has(key) {
		return false
	}
	e.err = e.change(newItem(key, nil, 0))
	return e.err == nil
}

// find is the item of a key, or none.
func (e *Edit) find(key string) item {
	if it, changed := e.changes[key]; changed {
		return it
	}
	return e.now.root.find(key)
}

// change puts an item in the place of what the Edit has for its key, unless a limit is in the way. One that is like the map's own, or
// a tombstone of what the map has not, undoes a change.
func (e *Edit) change(it item) error {
	key := it.key()
	own := e.now.root.find(key)
	last, changed := e.changes[key]
	next, weight := e.now, e.weight
	if changed {
		weight -= last.bytes()
	} else {
		last = own
	}
	next.count(last, -1)
	if own.same(it) {
		next.count(own, 1)
		delete(e.changes, key)
		e.now, e.weight = next, weight
		return nil
	}
	next.count(it, 1)
	weight += it.bytes()
	if err := e.checkLimits(&next, weight, changed); err != nil {
		return err
	}
	if e.changes == nil {
		e.changes = map[string]item{}
	}
	e.changes[key] = it
	e.now, e.weight = next, weight
	return nil
}

// checkLimits judges what a change would lead to. What makes a map smaller that is too large already may pass.
func (e *Edit) checkLimits(next *Map, weight int, changed bool) error {
	switch {
	case !changed && len(e.changes) >= MaxChanges:
		return wire.Err(wire.TooLarge, "One message changes at most 100,000 entries of a map; divide the work among several.")
	case weight > MaxChangeBytes:
		return wire.Err(wire.TooLarge, "One message changes at most 16 MiB of a map; divide the work among several.")
	case next.live > MaxEntries && next.live > e.now.live:
		return wire.Err(wire.TooLarge, "A map has at most 2,097,152 entries; delete some first, or use another map.")
	case next.bytes > MaxBytes && next.bytes > e.now.bytes:
		return wire.Err(wire.TooLarge, "A map has at most 1 GiB of keys and values; delete some first, or use another map.")
	}
	return nil
}

func (e *Edit) sorted() []item {
	items := make([]item, 0, len(e.changes))
	for _, it := range e.changes {
		items = append(items, it)
	}
	slices.SortFunc(items, func(a, b item) int { return compareKeys(a.key(), b.key()) })
	return items
}
