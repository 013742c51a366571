package pebblestore

import (
	"fmt"

	"github.com/wabgo/wab/internal/store"
)

// Commit makes writes durable together, with one sync where they are not larger than a record of the log. One Commit runs at a time: a Committer merges what many have to say.
func (s *Store) Commit(writes []store.Write) []store.Result {
	results := make([]store.Result, len(writes))
	if err := s.gate.enter(); err != nil {
		return refuseAll(results, err)
	}
	defer s.gate.leave()
	s.commitMu.Lock()
	defer s.commitMu.Unlock()
	for from := 0; from < len(writes); {
		n, err := s.commitSome(writes[from:], results[from:])
		if err != nil {
			refuseAll(results[from:], err)
			break
		}
		from += n
	}
	return results
}

func refuseAll(results []store.Result, err error) []store.Result {
	for i := range results {
		results[i] = store.Result{Err: err}
	}
	return results
}

// commitSome commits as many writes as fit into one record of the log, and tells how many those are. An error is final for the store.
func (s *Store) commitSome(writes []store.Write, results []store.Result) (n int, err error) {
	defer s.failOnPanic(&err)
	if err := s.makeRoom(); err != nil {
		return 0, err
	}
	n, err = s.stage(writes, results)
	if err == nil && len(s.staged) > 0 {
		err = s.log.write(s.record)
	}
	if err != nil {
		return n, s.failure.set(err)
	}
	if err := s.failure.err(); err != nil { // of the log's file, or of a flush
		return n, err
	}
	s.tables.apply(s.staged)
	clear(s.staged)
	if cap(s.record) > 2*maxRecord { // after a write that is larger by itself
		s.record = nil
	}
	return n, nil
}

// failOnPanic treats a panic as a failure: Pebble panics where it can't go on.
func (s *Store) failOnPanic(err *error) {
	if r := recover(); r != nil {
		*err = s.failure.set(fmt.Errorf("panic: %v", r))
	}
}

// stage decides on as many writes as fit into a record, and writes it.
func (s *Store) stage(writes []store.Write, results []store.Result) (n int, err error) {
	s.record, s.staged = beginRecord(s.record), s.staged[:0]
	for ; n < len(writes) && len(s.record) < maxRecord; n++ {
		if results[n], err = s.accept(&writes[n]); err != nil {
			return n, err
		}
	}
	endRecord(s.record, s.last, len(s.staged))
	return n, nil
}

// accept adds a write to the record, or refuses it. The head in memory changes at once: if the record can't be written, the store fails.
func (s *Store) accept(w *store.Write) (store.Result, error) {
	if err := w.Check(); err != nil {
		return store.Result{Err: err}, nil
	}
	h, err := s.head(w.CA)
	if err != nil {
		return store.Result{}, err
	}
	if h.rev != w.Expect {
		return store.Result{Err: store.ErrConflict}, nil
	}
	before := *h
	gone := w.Destroy && len(w.Keep) == 0
	if gone && before.rev == 0 {
		return store.Result{}, nil
	}
	s.last++
	if *h = (head{rev: s.last, due: w.Due}); gone {
		*h = head{}
	}
	s.staged = append(s.staged, commit{w, before, *h})
	s.record = appendCommit(s.record, w, *h)
	return store.Result{Rev: h.rev}, nil
}

// head is the one that the next write must expect, from memory or from Pebble.
func (s *Store) head(ca string) (*head, error) {
	if h := s.heads.get(ca); h != nil {
		return h, nil
	}
	h, known := s.tables.head(ca)
	if !known {
		var err error
		if h, err = s.storedHead(ca); err != nil {
			return nil, err
		}
	}
	return s.heads.put(ca, h), nil
}
