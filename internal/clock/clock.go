package clock

import "time"

// Clock tells the time and calls back later. A server has one; tests replace it by a Fake.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f in its own goroutine once d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that may still be stopped or moved.
type Timer interface {
	Stop() bool
	Reset(d time.Duration) bool
}
