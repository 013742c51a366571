package pebblestore

import (
	"bytes"

	"github.com/cockroachdb/pebble/v2"

	"github.com/wabgo/wab/internal/store"
)

// Load implements store.Store.
func (s *Store) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	if err := s.enter(ca); err != nil {
		return 0, err
	}
	defer s.gate.leave()
	v, err := s.view(ca, prefix)
	if err != nil {
		return 0, err
	}
	rev, err := v.load(prefix, visit)
	if closed := v.close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, err
	}
	return rev, nil
}

// A view is what there is of a CA at one instant.
type view struct {
	ca      string
	head    head
	known   bool // the head is, from the memtables
	over    []pair
	shadows [2]shadow
	it      *pebble.Iterator // nil where nothing below the memtables counts
}

func (s *Store) view(ca string, prefix []byte) (v view, err error) {
	s.tables.mu.RLock()
	defer s.tables.mu.RUnlock()
	changes := s.tables.changes(ca)
	v = view{ca: ca, over: sides(changes, prefix)}
	v.head, v.known = newestHead(changes)
	alone := false
	for i, c := range changes {
		if c != nil {
			v.shadows[i] = c.below
			alone = alone || c.below.extent >= hidesAll
		}
	}
	if !alone {
		v.it, err = s.db.NewIter(&pebble.IterOptions{LowerBound: appendCA(nil, ca, endHead), UpperBound: after(appendSide(nil, ca, prefix))})
	}
	return v, err
}

func (v *view) close() error {
	if v.it == nil {
		return nil
	}
	return v.it.Close() // it also reports what ended the iteration
}

func (v *view) load(prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	if err := v.readHead(); err != nil || v.head.rev == 0 {
		return 0, err
	}
	if v.it == nil {
		return v.head.rev, visitPairs(v.over, visit)
	}
	skip := sidePrefix(v.ca)
	for ok := v.it.SeekGE(appendSide(nil, v.ca, prefix)); ok; ok = v.it.Next() {
		key := v.it.Key()[skip:]
		n, same := until(v.over, key)
		if err := visitPairs(v.over[:n], visit); err != nil {
			return 0, err
		}
		v.over = v.over[n:]
		if same || v.shadows[0].hides(key) || v.shadows[1].hides(key) {
			continue
		}
		value, err := v.it.ValueAndErr()
		if err != nil {
			return 0, err
		}
		if err := visit(key, value); err != nil {
			return 0, err
		}
	}
	if err := v.it.Error(); err != nil {
		return 0, err
	}
	return v.head.rev, visitPairs(v.over, visit)
}

// readHead finds the head in Pebble, unless it is known.
func (v *view) readHead() error {
	if v.known {
		return nil
	}
	if v.it.First() && v.it.Key()[sidePrefix(v.ca)-1] == endHead {
		value, err := v.it.ValueAndErr()
		if err != nil {
			return err
		}
		if v.head, err = parseHead(value); err != nil {
			return err
		}
	}
	return v.it.Error()
}

// until counts the pairs that come before a key, and tells whether the next one is of that key.
func until(pairs []pair, key []byte) (n int, same bool) {
	for n < len(pairs) {
		if order := bytes.Compare(pairs[n].key, key); order >= 0 {
			return n, order == 0
		}
		n++
	}
	return n, false
}

func visitPairs(pairs []pair, visit func(key, value []byte) error) error {
	for _, p := range pairs {
		if p.gone {
			continue
		}
		if err := visit(p.key, p.value); err != nil {
			return err
		}
	}
	return nil
}

// Get implements store.Store.
func (s *Store) Get(ca string, key []byte) ([]byte, error) {
	if err := s.enter(ca); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	if value, known := s.tables.get(ca, key); known {
		return value, nil
	}
	return s.value(appendSide(nil, ca, key))
}

// value is a copy of what Pebble has under a key, nil if it has nothing.
func (s *Store) value(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if err == pebble.ErrNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append(make([]byte, 0, len(value)), value...), nil
}

// storedHead is the head that Pebble has of a CA, zero if none.
func (s *Store) storedHead(ca string) (head, error) {
	value, err := s.value(appendCA(nil, ca, endHead))
	if value == nil || err != nil {
		return head{}, err
	}
	return parseHead(value)
}

// DueBefore implements store.Store. A limit of 0 or less lists nothing.
func (s *Store) DueBefore(at int64, behind store.Due, limit int) ([]store.Due, error) {
	if limit <= 0 || behind.At > at {
		return nil, nil
	}
	from := append(appendDue(nil, behind.At, behind.CA), 0) // names end before any zero byte
	to := after(appendDueTime(nil, at))
	var list []store.Due
	add := func(key []byte) (more bool, err error) {
		due, err := parseDue(key)
		list = append(list, due)
		return len(list) < limit, err
	}
	if err := s.scan(dueIndex, from, to, (*pebble.Iterator).Next, add); err != nil {
		return nil, err
	}
	return list, nil
}

// CAs visits up to limit names of CAs that begin with prefix, in the order of their bytes, as of one instant. For inspection: it reads
// all heads there are under the prefix, and little else.
func (s *Store) CAs(prefix string, limit int, visit func(ca string) error) error {
	if limit <= 0 {
		return nil
	}
	from := append([]byte{spaceCA}, prefix...)
	next := func(it *pebble.Iterator) bool {
		ca, _, _ := bytes.Cut(it.Key()[1:], []byte{endHead})
		return it.SeekGE(appendCA(nil, string(ca), endCA))
	}
	return s.scan(headIndex, from, after(from), next, func(key []byte) (more bool, err error) {
		limit--
		ca, _, _ := bytes.Cut(key[1:], []byte{endHead})
		return limit > 0, visit(string(ca))
	})
}

// scan calls visit for the keys of a range that the memtables have in an index, or Pebble below them, as of one instant, until it has no more to ask for. next moves Pebble's iterator.
func (s *Store) scan(of func(*memtable) *entries, from, to []byte, next func(*pebble.Iterator) bool, visit func(key []byte) (more bool, err error)) error {
	if err := s.enterAny(); err != nil {
		return err
	}
	defer s.gate.leave()
	s.tables.mu.RLock()
	pairs := s.tables.index(of, from, to)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	s.tables.mu.RUnlock()
	if err != nil {
		return err
	}
	err = scanMerged(it, pairs, next, visit)
	if closed := it.Close(); err == nil { // Close also reports what ended the iteration
		err = closed
	}
	return err
}

func scanMerged(it *pebble.Iterator, pairs []pair, next func(*pebble.Iterator) bool, visit func(key []byte) (more bool, err error)) error {
	below := it.First()
	for below || len(pairs) > 0 {
		order := -1
		switch {
		case len(pairs) == 0:
			order = 1
		case below:
			order = bytes.Compare(pairs[0].key, it.Key())
		}
		var key []byte
		there := true
		if order <= 0 {
			key, there, pairs = pairs[0].key, !pairs[0].gone, pairs[1:]
		} else {
			key = bytes.Clone(it.Key())
		}
		if order >= 0 {
			below = next(it)
		}
		if !there {
			continue
		}
		if more, err := visit(key); err != nil || !more {
			return err
		}
	}
	return nil
}

func (s *Store) enter(ca string) error {
	if err := store.CheckName(ca); err != nil {
		return err
	}
	return s.enterAny()
}

func (s *Store) enterAny() error {
	if err := s.failure.err(); err != nil {
		return err
	}
	return s.gate.enter()
}
