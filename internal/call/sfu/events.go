package sfu

import "sync"

// maxEvents is how many callbacks of a room wait for their turn; further messages of data channels are dropped.
const maxEvents = 256

// events runs a room's callbacks one after another.
type events struct {
	wake chan struct{}

	mu              sync.Mutex
	queue           []func()
	changed, levels bool   // one waits in the queue: the next need not
	tell            func() // the last about levels
}

func newEvents() *events { return &events{wake: make(chan struct{}, 1)} }

// post has f run; false when too much waits already.
func (e *events) post(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.queue) >= maxEvents {
		return false
	}
	e.push(f)
	return true
}

// must has f run however much waits: for what comes once.
func (e *events) must(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.push(f)
}

// once has f run unless the same, of which waits tells, is waiting already.
func (e *events) once(waits *bool, f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if *waits {
		return
	}
	*waits = true
	e.push(func() {
		e.mu.Lock()
		*waits = false
		e.mu.Unlock()
		f()
	})
}

// latestLevels has f run, in place of an earlier one that still waits.
func (e *events) latestLevels(f func()) {
	e.mu.Lock()
	e.tell = f
	e.mu.Unlock()
	e.once(&e.levels, func() {
		e.mu.Lock()
		latest := e.tell
		e.mu.Unlock()
		latest()
	})
}

// push appends f; the caller holds mu.
func (e *events) push(f func()) {
	e.queue = append(e.queue, f)
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

func (e *events) take() []func() {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.queue
	e.queue = nil
	return all
}

func (e *events) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-e.wake:
		}
		for _, f := range e.take() {
			select {
			case <-stop:
				return
			default:
				f()
			}
		}
	}
}
