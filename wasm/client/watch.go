package client

import "time"

// A watch notices that time has passed which our clock knows nothing of: it counts what goes by while the device is awake, and the device's
// clock of the day goes on in its sleep. That the clock of the day was set looks the same.
type watch struct {
	passed time.Duration // when it was looked at last
	apart  time.Duration // and how far the clock of the day was from it
}

// The clock of the day may be put right slowly, by so many parts of the time; and by more than that only a little at once.
const (
	slewing = 500 // µs in a second
	nudge   = 200 * time.Millisecond
)

// look takes what has passed by either since the beginning, and tells whether they have come apart since the last look.
func (w *watch) look(passed, ofTheDay time.Duration) bool {
	apart := ofTheDay - passed
	moved := (apart - w.apart).Abs() > nudge+(passed-w.passed)*slewing/1e6
	w.passed, w.apart = passed, apart
	return moved
}
