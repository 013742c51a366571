package clock

import (
	"slices"
	"sync"
	"time"
)

// Fake is a clock that tests move. It is safe for use from many goroutines.
type Fake struct {
	moving  sync.Mutex // held by who moves the clock
	mu      sync.Mutex // guards what follows
	changed *sync.Cond // signalled when waiting or running changes
	now     time.Time
	waiting []*fakeTimer // by instant, then by age
	running int          // callbacks that have not returned
}

type fakeTimer struct {
	clock *Fake
	at    time.Time
	call  func()
}

// NewFake makes a clock that stands at an instant.
func NewFake(start time.Time) *Fake {
	f := &Fake{now: start.Round(0).UTC()}
	f.changed = sync.NewCond(&f.mu)
	return f
}

// Now is where the clock stands.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// AfterFunc calls back when the clock has moved by d. If d is not positive it calls at once, as a real clock does.
func (f *Fake) AfterFunc(d time.Duration, call func()) Timer {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &fakeTimer{clock: f, call: call}
	t.start(d)
	return t
}

// Advance moves the clock by d, runs what falls due on the way, and returns when all that has returned. A negative d
// puts the clock back, as Set does.
func (f *Fake) Advance(d time.Duration) {
	f.moving.Lock()
	defer f.moving.Unlock()
	f.goTo(f.Now().Add(d))
}

// Set moves the clock to an instant: forward as Advance does; back as a wall clock that is put right, which leaves every timer its
// remaining time.
func (f *Fake) Set(t time.Time) {
	f.moving.Lock()
	defer f.moving.Unlock()
	f.goTo(t.Round(0).UTC())
}

// Waiters is how many timers have neither run nor been stopped.
func (f *Fake) Waiters() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting)
}

// BlockUntil waits until at least n timers wait.
func (f *Fake) BlockUntil(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.waiting) < n {
		f.changed.Wait()
	}
}

// goTo is called with moving held.
func (f *Fake) goTo(t time.Time) {
	if back := f.Now().Sub(t); back > 0 {
		f.putBack(back)
	} else {
		f.move(t)
	}
}

func (f *Fake) putBack(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(-d)
	for _, t := range f.waiting {
		t.at = t.at.Add(-d)
	}
}

func (f *Fake) move(to time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.settle()
	for len(f.waiting) > 0 && !f.waiting[0].at.After(to) {
		t := f.waiting[0]
		f.now = t.at
		t.remove()
		f.run(t.call)
		f.settle()
	}
	f.now = to
}

// run and settle are called with mu held. settle gives it up while callbacks run.
func (f *Fake) run(call func()) {
	f.running++
	go func() {
		defer f.returned()
		call()
	}()
}

func (f *Fake) returned() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.running--
	f.changed.Broadcast()
}

func (f *Fake) settle() {
	for f.running > 0 {
		f.changed.Wait()
	}
}

// Stop tells whether it kept the call from being made.
func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.remove()
}

// Reset starts the timer anew, and tells whether it was still waiting.
func (t *fakeTimer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.remove()
	t.start(d)
	return was
}

// start and remove are called with mu held.
func (t *fakeTimer) start(d time.Duration) {
	f := t.clock
	if d <= 0 {
		f.run(t.call)
		return
	}
	t.at = f.now.Add(d)
	i := len(f.waiting)
	for i > 0 && f.waiting[i-1].at.After(t.at) {
		i--
	}
	f.waiting = slices.Insert(f.waiting, i, t)
	f.changed.Broadcast()
}

func (t *fakeTimer) remove() bool {
	f := t.clock
	i := slices.Index(f.waiting, t)
	if i < 0 {
		return false
	}
	f.waiting = slices.Delete(f.waiting, i, i+1)
	return true
}
