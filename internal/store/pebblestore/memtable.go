package pebblestore

import (
	"bytes"
	"iter"

	"github.com/RaduBerinde/btreemap"

	"github.com/wabgo/wab/internal/store"
)

// What an entry of a memtable takes besides its bytes, roughly.
const (
	changeSize = 300
	entrySize  = 100
)

// A memtable holds what was committed since it was begun: of each key the newest value only, however often it was written. That is why it stands before Pebble's own, which keeps every version
// until a table is made of it: busy CAs write the same few keys again and again. It shadows what lies below it, the memtable that was begun before and Pebble.
type memtable struct {
	cas   map[string]*change // by name
	heads *entries           // of which CAs there are heads, by their keys
	due   *entries           // of the due index
	size  int                // in bytes, roughly

	nodes *btreemap.FreeList[[]byte, *entry]
}

// change is what a memtable knows of a CA: its head as it is now, and the side keys that were written.
type change struct {
	head  head
	there *entry // among the memtable's heads
	due   int64  // where the due index below has the CA; 0 if it hasn't
	below shadow
	sides *entries
}

// entries are kept in the order of their keys.
type entries = btreemap.BTreeMap[[]byte, *entry]

// entry is a key's value, or that it is gone. Values are overwritten in place: whoever lets go of the lock copies first.
type entry struct {
	value []byte
	gone  bool
}

// commit is a write that was accepted, and what it makes of its CA's head.
type commit struct {
	write         *store.Write
	before, after head
}

func newMemtable() *memtable {
	m := &memtable{cas: make(map[string]*change), nodes: btreemap.NewFreeList[[]byte, *entry](64)}
	m.heads, m.due = m.newEntries(), m.newEntries()
	return m
}

// within goes over the entries from one key up to, and without, another; up to the end if that is nil.
func within(t *entries, from, to []byte) iter.Seq2[[]byte, *entry] {
	end := btreemap.Max[[]byte]()
	if to != nil {
		end = btreemap.LT(to)
	}
	return t.Ascend(btreemap.GE(from), end)
}

func (m *memtable) newEntries() *entries { return btreemap.NewWithFreeList(16, bytes.Compare, m.nodes) }

// apply makes a commit visible.
func (m *memtable) apply(c commit) {
	w := c.write
	ca := m.cas[w.CA]
	if ca == nil {
		ca = m.add(w.CA, c.before)
	}
	if ca.head.due != c.after.due {
		m.moveDue(w.CA, ca, c.after.due)
	}
	ca.head, ca.there.gone = c.after, c.after.rev == 0
	if w.Destroy {
		m.removeAllBut(ca, w.Keep)
	}
	if c.after.rev == 0 {
		return
	}
	for _, key := range w.Deletes {
		m.remove(ca, key)
	}
	for i := range w.Puts {
		m.put(ca.sides, w.Puts[i].Key, w.Puts[i].Value)
	}
}

func (m *memtable) add(name string, before head) *change {
	ca := &change{head: before, there: m.put(m.heads, appendCA(nil, name, endHead), nil), due: before.due, sides: m.newEntries()}
	if before.rev == 0 {
		ca.below.extent = nothingThere
	}
	m.cas[name] = ca
	m.size += changeSize + len(name)
	return ca
}

func (m *memtable) put(t *entries, key, value []byte) *entry {
	_, e, ok := t.Get(key)
	if !ok {
		e = new(entry)
		t.ReplaceOrInsert(bytes.Clone(key), e)
		m.size += entrySize + len(key)
	}
	m.size += len(value) - len(e.value)
	if cap(e.value) > 2*len(value)+entrySize {
		e.value = nil // size doesn't know of what would be left over
	}
	e.value, e.gone = append(e.value[:0], value...), false
	return e
}

func (m *memtable) drop(t *entries, key []byte) {
	if _, e, ok := t.Delete(key); ok {
		m.size -= entrySize + len(key) + len(e.value)
	}
}

// remove notes that a side key is gone, if what lies below might say otherwise.
func (m *memtable) remove(ca *change, key []byte) {
	if ca.below.hides(key) {
		m.drop(ca.sides, key)
	} else {
		m.put(ca.sides, key, nil).gone = true
	}
}

// removeAllBut removes all side keys but those that begin with keep, or all of them if that is empty.
func (m *memtable) removeAllBut(ca *change, keep []byte) {
	ca.below.hideBut(keep)
	var gone [][]byte
	for key := range within(ca.sides, nil, nil) {
		if len(keep) == 0 || !bytes.HasPrefix(key, keep) {
			gone = append(gone, key)
		}
	}
	for _, key := range gone {
		m.drop(ca.sides, key)
	}
}

// moveDue moves a CA in the due index. Where it comes back to where it is below, nothing is noted.
func (m *memtable) moveDue(name string, ca *change, to int64) {
	if from := ca.head.due; from != 0 {
		if key := appendDue(nil, from, name); from == ca.due {
			m.put(m.due, key, nil).gone = true
		} else {
			m.drop(m.due, key)
		}
	}
	if to != 0 {
		if key := appendDue(nil, to, name); to == ca.due {
			m.drop(m.due, key)
		} else {
			m.put(m.due, key, nil)
		}
	}
}
