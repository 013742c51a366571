package session

import "sync"

// Most writes are a turn at the flusher, which waits for nothing. One that finds no room goes on in a goroutine of its own, which waits,
// and writes until there is nothing left. So does whatever goes to a connection that can only be written to by waiting, and every last word.

// A pen is what one goroutine writes with.
type pen struct {
	buf []byte // where frames are joined
	attempt
}

var pens = sync.Pool{New: func() any {
	p := &pen{buf: make([]byte, 0, joinBytes)}
	p.prepare()
	return p
}}

// keep takes the buffer back, unless it is a frame, which is not ours, or a source has made it large.
func (p *pen) keep(b []byte) {
	if len(b) <= joinBytes && cap(b) <= 4*joinBytes {
		p.buf = b[:0]
	}
}

// turn writes what goes at once. The flusher calls it.
func (o *outbox) turn(p *pen) {
	switch {
	case o.idle():
	case o.ends() || !o.writeSome(p):
		o.wait()
	case !o.idle():
		o.rejoin()
	}
}

// ends tells whether the last word is all, or part, of what is left.
func (o *outbox) ends() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last != nil
}

// writeSome joins frames and writes them without waiting. It reports false where some of it is left.
func (o *outbox) writeSome(p *pen) bool {
	b, n := o.gather(p.buf[:0])
	left, err := o.gate.try(&p.attempt, b)
	if err != nil {
		o.fail()
		return true
	}
	o.owed = min(left, n)
	o.release(n - o.owed)
	p.keep(b)
	return left == 0
}

// wait has a goroutine write all there is.
func (o *outbox) wait() {
	o.flush.done.Add(1)
	go o.run()
}

func (o *outbox) run() {
	defer o.flush.done.Done()
	p := pens.Get().(*pen)
	defer pens.Put(p)
	err := o.writeOwed()
	for err == nil && !o.idle() {
		err = o.writeAll(p)
	}
	if err != nil || o.over() {
		o.fail()
	}
}

// writeOwed writes what a turn has left.
func (o *outbox) writeOwed() error {
	err := o.put(nil)
	o.release(o.owed)
	o.owed = 0
	return err
}

// writeAll writes what one write holds, or the last word when there is nothing before it.
func (o *outbox) writeAll(p *pen) error {
	b, n := o.gather(p.buf[:0])
	if len(b) == 0 && o.ends() {
		defer o.abort()
		return o.gate.writeFrames(o.last, func() {})
	}
	err := o.put(b)
	o.release(n)
	p.keep(b)
	return err
}

// put waits until all of b is written.
func (o *outbox) put(b []byte) error {
	err := o.gate.writeFrames(b, func() { o.started.Store(o.now()) })
	o.started.Store(0)
	return err
}

// fail ends a connection that can't be written to.
func (o *outbox) fail() {
	o.abort()
	o.idle()
	o.gate.Close() // the reader notices
}
