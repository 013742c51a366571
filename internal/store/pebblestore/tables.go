package pebblestore

import (
	"bytes"
	"slices"
	"sync"
)

// tables are the memtables: the one that commits go to, and, while it is written to Pebble, the one before. What they show is durable.
type tables struct {
	mu     sync.RWMutex // guards what follows, and the active one's contents
	active *memtable
	frozen *memtable // nil if there is none; it changes no more
}

// A pair is a key with its value as the memtables have it, or that it is gone.
type pair struct {
	key, value []byte
	gone       bool
}

// apply makes commits visible, all at once.
func (t *tables) apply(commits []commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range commits {
		t.active.apply(c)
	}
}

// freeze begins a new memtable, and returns the one before.
func (t *tables) freeze() *memtable {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frozen, t.active = t.active, newMemtable()
	return t.frozen
}

// drop forgets the frozen memtable, once Pebble has what it holds.
func (t *tables) drop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frozen = nil
}

// changes are what the memtables hold of a CA, the newest first; nil where they hold nothing. The caller has the lock.
func (t *tables) changes(ca string) (list [2]*change) {
	list[0] = t.active.cas[ca]
	if t.frozen != nil {
		list[1] = t.frozen.cas[ca]
	}
	return list
}

// head tells the head of a CA that is in the memtables.
func (t *tables) head(ca string) (h head, known bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return newestHead(t.changes(ca))
}

func newestHead(changes [2]*change) (h head, known bool) {
	for _, c := range changes {
		if c != nil {
			return c.head, true
		}
	}
	return head{}, false
}

// get copies a side key's value; nil with known means that there is none.
func (t *tables) get(ca string, key []byte) (value []byte, known bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, c := range t.changes(ca) {
		if c == nil {
			continue
		}
		if _, e, ok := c.sides.Get(key); ok {
			return e.clone(), true
		}
		if c.below.hides(key) {
			return nil, true
		}
	}
	return nil, false
}

// clone is a copy of the value, nil if it is gone.
func (e *entry) clone() []byte {
	if e.gone {
		return nil
	}
	return append(make([]byte, 0, len(e.value)), e.value...)
}

// sides copies what the changes of a CA say of side keys that begin with prefix, in the order of keys.
func sides(changes [2]*change, prefix []byte) []pair {
	var lists [2][]pair
	for i, c := range changes {
		if c != nil {
			lists[i] = between(c.sides, prefix, after(prefix))
		}
	}
	if c := changes[0]; c != nil {
		lists[1] = slices.DeleteFunc(lists[1], func(p pair) bool { return c.below.hides(p.key) })
	}
	return overlay(lists[0], lists[1])
}

// index copies what the memtables have in an index from one key up to, and without, another. The caller has the lock.
func (t *tables) index(of func(*memtable) *entries, from, to []byte) []pair {
	var below []pair
	if t.frozen != nil {
		below = between(of(t.frozen), from, to)
	}
	return overlay(between(of(t.active), from, to), below)
}

func dueIndex(m *memtable) *entries  { return m.due }
func headIndex(m *memtable) *entries { return m.heads }

// between copies a tree's entries from one key up to, and without, another.
func between(t *entries, from, to []byte) (list []pair) {
	for key, e := range within(t, from, to) {
		list = append(list, pair{key: key, value: e.clone(), gone: e.gone})
	}
	return list
}

// overlay merges two lists in the order of their keys; of a key that both have, the upper one's counts.
func overlay(upper, lower []pair) []pair {
	if len(lower) == 0 {
		return upper
	}
	list := make([]pair, 0, len(upper)+len(lower))
	for len(upper) > 0 && len(lower) > 0 {
		order := bytes.Compare(upper[0].key, lower[0].key)
		if order <= 0 {
			list, upper = append(list, upper[0]), upper[1:]
		} else {
			list = append(list, lower[0])
		}
		if order >= 0 {
			lower = lower[1:]
		}
	}
	return append(append(list, upper...), lower...)
}
