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
	side := appendSide(nil, ca, prefix)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: appendCA(nil, ca, endHead), UpperBound: after(side)})
	if err != nil {
		return 0, err
	}
	rev, err := s.load(it, ca, side, visit)
	if closed := it.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, err
	}
	return rev, nil
}

func (s *Store) load(it *pebble.Iterator, ca string, side []byte, visit func(key, value []byte) error) (store.Rev, error) {
	var h head
	if it.First() && it.Key()[sidePrefix(ca)-1] == endHead {
		value, err := it.ValueAndErr()
		if err != nil {
			return 0, err
		}
		if h, err = parseHead(value); err != nil {
			return 0, err
		}
	}
	if err := it.Error(); err != nil {
		return 0, err
	}
	if err := s.durable.wait(h.rev); err != nil {
		return 0, err
	}
	if h.rev == 0 {
		return 0, nil
	}
	for ok := it.SeekGE(side); ok; ok = it.Next() {
		if err := visitPair(it, sidePrefix(ca), visit); err != nil {
			return 0, err
		}
	}
	return h.rev, it.Error()
}

func visitPair(it *pebble.Iterator, skip int, visit func(key, value []byte) error) error {
	value, err := it.ValueAndErr()
	if err != nil {
		return err
	}
	return visit(it.Key()[skip:], value)
}

// Get implements store.Store.
func (s *Store) Get(ca string, key []byte) ([]byte, error) {
	if err := s.enter(ca); err != nil {
		return nil, err
	}
	defer s.gate.leave()
	value, err := s.value(appendSide(nil, ca, key))
	if err != nil {
		return nil, err
	}
	return value, s.waitFor(ca)
}

// waitFor returns when what a CA's keys have shown is durable: its head was written together with them, or later.
func (s *Store) waitFor(ca string) error {
	if s.durable.settled() {
		return nil
	}
	value, err := s.value(appendCA(nil, ca, endHead))
	if err != nil {
		return err
	}
	var h head
	if value != nil {
		if h, err = parseHead(value); err != nil {
			return err
		}
	}
	return s.durable.wait(h.rev)
}

// value is a copy of a key's value, nil if there is none.
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

// DueBefore implements store.Store. A limit of 0 or less lists nothing.
func (s *Store) DueBefore(at int64, behind store.Due, limit int) ([]store.Due, error) {
	var list []store.Due
	if limit <= 0 || behind.At > at {
		return nil, nil
	}
	start := append(appendDue(nil, behind.At, behind.CA), 0) // names end before any zero byte
	end := after(appendDueTime(nil, at))
	err := s.scan(start, end, func(it *pebble.Iterator) (bool, error) {
		due, err := parseDue(it.Key())
		if err != nil {
			return false, err
		}
		list = append(list, due)
		return len(list) < limit && it.Next(), nil
	})
	if err != nil {
		return nil, err
	}
	return list, s.durable.wait(0)
}

// CAs visits up to limit names of CAs that begin with prefix, in the order of their bytes, as of one instant. For inspection: it reads
// all heads there are under the prefix, and little else.
func (s *Store) CAs(prefix string, limit int, visit func(ca string) error) error {
	if limit <= 0 {
		return nil
	}
	start := append([]byte{spaceCA}, prefix...)
	var next []byte
	return s.scan(start, after(start), func(it *pebble.Iterator) (bool, error) {
		ca, _, _ := bytes.Cut(it.Key()[1:], []byte{endHead})
		if err := s.durable.wait(0); err != nil {
			return false, err
		}
		if err := visit(string(ca)); err != nil {
			return false, err
		}
		limit--
		next = appendCA(next[:0], string(ca), endCA)
		return limit > 0 && it.SeekGE(next), nil
	})
}

// scan calls step at the first key of a range and again, until step says that it has not moved on.
func (s *Store) scan(start, end []byte, step func(*pebble.Iterator) (bool, error)) error {
	if err := s.enterAny(); err != nil {
		return err
	}
	defer s.gate.leave()
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: start, UpperBound: end})
	if err != nil {
		return err
	}
	for ok := it.First(); ok && err == nil; {
		ok, err = step(it)
	}
	if closed := it.Close(); err == nil { // Close also reports what ended the iteration
		err = closed
	}
	return err
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
