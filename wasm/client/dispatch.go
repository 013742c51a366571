package client

import "sync"

// A dispatcher runs handlers one after the other, apart from the goroutines that they must not hold up.
type dispatcher struct {
	mu     sync.Mutex
	more   *sync.Cond
	queue  []func()
	closed bool
}

func newDispatcher() *dispatcher {
	d := &dispatcher{}
	d.more = sync.NewCond(&d.mu)
	return d
}

func (d *dispatcher) add(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.queue = append(d.queue, f)
		d.more.Signal()
	}
}

// close lets run return after what is queued.
func (d *dispatcher) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.more.Signal()
}

func (d *dispatcher) run() {
	for {
		f, ok := d.next()
		if !ok {
			return
		}
		f()
	}
}

func (d *dispatcher) next() (func(), bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) == 0 && !d.closed {
		d.more.Wait()
	}
	if len(d.queue) == 0 {
		return nil, false
	}
	f := d.queue[0]
	d.queue[0], d.queue = nil, d.queue[1:]
	return f, true
}
