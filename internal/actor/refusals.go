package actor

import "sync"

// refusals tells those whose messages were pushed out of a mailbox, on a goroutine of its own: what a Reply locks may be held by whoever delivers the message that
// took the place. The goroutine ends when it has nothing to do.
type refusals struct {
	mu      sync.Mutex
	rest    sync.Cond
	waiting queue
	busy    bool
}

func (r *refusals) init() { r.rest.L = &r.mu }

// add takes what mailbox.push has pushed out. It does not wait.
func (r *refusals) add(out queue) {
	if out.last == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := out.first(); m != nil; m = out.first() {
		out.remove(m)
		r.waiting.add(m)
	}
	if !r.busy {
		r.busy = true
		go r.work()
	}
}

func (r *refusals) work() {
	for m := r.next(); m != nil; m = r.next() {
		m.reply(nil, errMailboxFull)
	}
}

// next is nil when there is nothing to do any more.
func (r *refusals) next() *Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.waiting.first()
	if m == nil {
		r.busy = false
		r.rest.Broadcast()
		return nil
	}
	r.waiting.remove(m)
	return m
}

func (r *refusals) quiet() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.busy
}

// wait returns when everybody has been told.
func (r *refusals) wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.busy {
		r.rest.Wait()
	}
}
