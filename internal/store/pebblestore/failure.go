package pebblestore

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// failure is the store's memory of the first error after which nobody knows what is on the disk.
type failure struct {
	first atomic.Pointer[error]
	open  atomic.Bool // Open has returned; before, an error is Open's own result
	fatal func(error)
	known chan struct{} // closed by the first error
}

func (f *failure) err() error {
	if err := f.first.Load(); err != nil {
		return *err
	}
	return nil
}

// set keeps the first error, and ends the process by it. It returns the first error, should the process live on.
func (f *failure) set(cause error) error {
	err := fmt.Errorf("pebblestore: %w", cause)
	if !f.first.CompareAndSwap(nil, &err) {
		return f.err()
	}
	if f.open.Load() {
		f.fatal(err)
	}
	close(f.known)
	return err
}

var errGivenUp = errors.New("given up")

// patience is how long Pebble may go on once something has failed.
const patience = time.Second

// outcome tells what comes of something that Pebble does, or gives it up a while after a failure: Pebble may try that again for ever, and in vain, for nothing is written any more. What it works on must be left alone then.
func (f *failure) outcome(of func() error) error {
	done := make(chan error, 1)
	go func() { done <- of() }()
	select {
	case err := <-done:
		return err
	case <-f.known:
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return fmt.Errorf("%w: %w", errGivenUp, f.err())
	}
}
