package actortest

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/wabgo/wab/internal/store"
)

// Memory is a store.Store without a disk: what a process that crashes finds again is what was committed.
type Memory struct {
	mu   sync.Mutex
	last store.Rev
	cas  map[string]*memoryCA
}

type memoryCA struct {
	rev  store.Rev
	due  int64
	keys map[string][]byte
}

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{cas: map[string]*memoryCA{}} }

// Commit makes writes.
func (s *Memory) Commit(writes []store.Write) []store.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]store.Result, len(writes))
	for i := range writes {
		results[i] = s.write(&writes[i])
	}
	return results
}

func (s *Memory) write(w *store.Write) store.Result {
	if err := w.Check(); err != nil {
		return store.Result{Err: err}
	}
	c := s.cas[w.CA]
	if c == nil {
		c = &memoryCA{keys: map[string][]byte{}}
	}
	if c.rev != w.Expect {
		return store.Result{Err: store.ErrConflict}
	}
	if w.Destroy {
		delete(s.cas, w.CA)
		if len(w.Keep) == 0 {
			return store.Result{}
		}
		maps.DeleteFunc(c.keys, func(key string, _ []byte) bool { return !strings.HasPrefix(key, string(w.Keep)) })
	}
	for _, key := range w.Deletes {
		delete(c.keys, string(key))
	}
	for _, kv := range w.Puts {
		c.keys[string(kv.Key)] = append([]byte{}, kv.Value...)
	}
	s.last++
	c.rev, c.due = s.last, w.Due
	s.cas[w.CA] = c
	return store.Result{Rev: c.rev}
}

// Load visits the keys that begin with prefix.
func (s *Memory) Load(ca string, prefix []byte, visit func(key, value []byte) error) (store.Rev, error) {
	rev, found := s.copy(ca, prefix)
	for _, kv := range found {
		if err := visit(kv.Key, kv.Value); err != nil {
			return rev, err
		}
	}
	return rev, nil
}

func (s *Memory) copy(ca string, prefix []byte) (store.Rev, []store.KV) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cas[ca]
	if c == nil {
		return 0, nil
	}
	var found []store.KV
	for key, value := range c.keys {
		if strings.HasPrefix(key, string(prefix)) {
			found = append(found, store.KV{Key: []byte(key), Value: bytes.Clone(value)})
		}
	}
	slices.SortFunc(found, func(a, b store.KV) int { return bytes.Compare(a.Key, b.Key) })
	return c.rev, found
}

// Get returns a copy of a value.
func (s *Memory) Get(ca string, key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cas[ca]; c != nil {
		if v, ok := c.keys[string(key)]; ok {
			return append([]byte{}, v...), nil
		}
	}
	return nil, nil
}

// DueBefore lists what is due.
func (s *Memory) DueBefore(at int64, after store.Due, limit int) ([]store.Due, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []store.Due
	for key, c := range s.cas {
		if d := (store.Due{CA: key, At: c.due}); c.due != 0 && c.due <= at && byDue(after, d) < 0 {
			due = append(due, d)
		}
	}
	slices.SortFunc(due, byDue)
	return due[:min(limit, len(due))], nil
}

func byDue(a, b store.Due) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.CA, b.CA)) }

// Close does nothing: the memory stays for whoever opens it again.
func (s *Memory) Close() error { return nil }

// Keys are a CA's side keys, sorted.
func (s *Memory) Keys(ca string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.cas[ca]; c != nil {
		return slices.Sorted(maps.Keys(c.keys))
	}
	return nil
}

// CAs are the names of all CAs, sorted.
func (s *Memory) CAs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.cas))
}
