package pebblestore

import (
	"fmt"
	"sync/atomic"
)

// failure is the store's memory of the first error after which nobody knows what is on the disk.
type failure struct {
	first atomic.Pointer[error]
	open  atomic.Bool // Open has returned; before, an error is Open's own result
	fatal func(error)
	stop  func(error) // wakes whoever waits for durability
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
	f.stop(err)
	if f.open.Load() {
		f.fatal(err)
	}
	return err
}
