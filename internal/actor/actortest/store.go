package actortest

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/wabgo/wab/internal/store"
)

// ErrCrash is the outcome that nobody knows: the process has died in the middle of it.
var ErrCrash = errors.New("actortest: crashed")

// Store wraps a store: it counts commits, holds them back, and dies.
type Store struct {
	store.Store
	Commits, Writes, Bytes, Loads atomic.Int64
	Dues                          atomic.Int64 // CAs listed as due

	// Before, if not nil, is asked before each Commit. What it returns takes the place of the outcome of all writes.
	Before func([]store.Write) error
	// After, if not nil, is asked when a Commit has been made, before anybody hears of it.
	After func([]store.Write) error

	mu   sync.Mutex
	held chan struct{}
}

// Hold keeps commits from being made until the returned func is called.
func (s *Store) Hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = nil
		close(held)
	})
}

// Commit makes writes durable, unless it is held or the store has died.
func (s *Store) Commit(writes []store.Write) []store.Result {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held != nil {
		<-held
	}
	s.Commits.Add(1)
	s.Writes.Add(int64(len(writes)))
	for i := range writes {
		s.Bytes.Add(int64(writes[i].Size()))
	}
	if s.Before != nil {
		if err := s.Before(writes); err != nil {
			return failed(writes, err)
		}
	}
	results := s.Store.Commit(writes)
	if s.After != nil {
		if err := s.After(writes); err != nil {
			return failed(writes, err)
		}
	}
	return results
}

// Load counts.
func (s *Store) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	s.Loads.Add(1)
	return s.Store.Load(ca, prefix, visit)
}

// DueBefore counts what it lists.
func (s *Store) DueBefore(at int64, after store.Due, limit int) ([]store.Due, error) {
	due, err := s.Store.DueBefore(at, after, limit)
	s.Dues.Add(int64(len(due)))
	return due, err
}

func failed(writes []store.Write, err error) []store.Result {
	results := make([]store.Result, len(writes))
	for i := range results {
		results[i].Err = err
	}
	return results
}
