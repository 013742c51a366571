package bus

import (
	"sync"

	"github.com/wabgo/wab/internal/name"
)

// maxStrangers is how many principals refused on arrival are told apart between two flushes.
const maxStrangers = 256

// strangers counts who was refused on arrival, until the CA's turn writes it down.
type strangers struct {
	guard   *guard
	mu      sync.Mutex
	refused map[name.Name]uint64
}

func (s *strangers) count(from name.Name) {
	s.mu.Lock()
	first := len(s.refused) == 0
	if s.refused == nil {
		s.refused = map[name.Name]uint64{}
	}
	if _, known := s.refused[from]; !known && len(s.refused) >= maxStrangers {
		from = others
	}
	s.refused[from]++
	s.mu.Unlock()
	if first {
		s.guard.ca.WakeAt(s.guard.now() + ledgerFlush)
	}
}

// drain hands over what was counted.
func (s *strangers) drain(take func(from name.Name, n uint64)) {
	s.mu.Lock()
	counted := s.refused
	s.refused = nil
	s.mu.Unlock()
	for from, n := range counted {
		take(from, n)
	}
}

func (s *strangers) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refused) == 0
}
