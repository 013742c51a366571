package pebblestore

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/wabgo/wab/internal/logring"
)

// ways are those that bytes can take to the log.
var ways = map[string]func() (ring, error){
	"Ring":    newRing,
	"Plain":   func() (ring, error) { return nil, errors.New("not wanted") },
	"Refused": func() (ring, error) { return refusingRing{}, nil },
}

func needRing(t testing.TB) {
	t.Helper()
	r, err := newRing()
	if err != nil {
		t.Skip("there is no io_uring here: ", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

// refusingRing is one whose kernel has no memory left, whatever it is asked for.
type refusingRing struct{}

func (refusingRing) Write(uintptr, []byte, int64) error     { return logring.ErrRefused }
func (refusingRing) WriteSync(uintptr, []byte, int64) error { return logring.ErrRefused }
func (refusingRing) Close() error                           { return nil }

// sickRing fails from when it is armed, in the way its kind tells.
type sickRing struct {
	ring
	kind  string
	armed *atomic.Bool
}

func newSickRing(kind string, armed *atomic.Bool) (ring, error) {
	r, err := newRing()
	return &sickRing{r, kind, armed}, err
}

func (s *sickRing) WriteSync(fd uintptr, b []byte, at int64) error {
	if !s.armed.Load() {
		return s.ring.WriteSync(fd, b, at)
	}
	there := b
	if s.kind == "ring-write" {
		there = b[:len(b)/2]
	}
	return errors.Join(s.ring.Write(fd, there, at), errInjected)
}
