package session

import (
	"slices"
	"sync"
	"sync/atomic"
)

// joinBytes is how much one write joins. Larger frames are written by themselves.
const joinBytes = 16 << 10

var joinBuffers = sync.Pool{New: func() any { b := make([]byte, 0, joinBytes); return &b }}

// Source makes frames when there is room for them: what it holds back may be merged or dropped meanwhile. It is a pointer, so that the
// outbox knows it again.
type Source interface {
	// Fill appends whole frames, made with AppendFrame, to dst, while dst has less than limit bytes. more tells whether some are left.
	// It runs on the connection's writer and must not block.
	Fill(dst []byte, limit int) (out []byte, more bool)
}

// AppendFrame appends a protocol frame, ready to be written, to dst. It is for Sources.
func AppendFrame(dst, payload []byte) []byte {
	dst = append(dst, make([]byte, headerSize(len(payload)))...)
	putHeader(dst[len(dst)-headerSize(len(payload)):], opBinary, len(payload))
	return append(dst, payload...)
}

// An outbox is what waits to be written to one connection.
type outbox struct {
	gate  *gate
	limit int             // bytes
	done  *sync.WaitGroup // counts writers
	now   func() int64

	mu      sync.Mutex
	queue   [][]byte
	spare   [][]byte // the queue before, empty
	sources []Source // that have something
	bytes   int      // in the queue, and in the write under way
	writing bool
	last    []byte // what ends the connection; nothing is taken after it
	closed  bool   // written, or failed

	started atomic.Int64 // when the write under way began, or got on, 0 if none is
}

// push queues a sealed frame. A frame beyond the limit is not taken.
func (o *outbox) push(frame []byte, limit int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(frame, limit)
}

// add is called with mu held. An empty queue takes any frame, so that the limit refuses none for good.
func (o *outbox) add(frame []byte, limit int) bool {
	if o.last != nil || o.closed {
		return true // nobody will read it
	}
	if o.bytes > 0 && o.bytes+len(frame) > limit {
		return false
	}
	o.queue = append(o.queue, frame)
	o.bytes += len(frame)
	o.start()
	return true
}

// ready notes that a source has something.
func (o *outbox) ready(s Source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil && !o.closed && !slices.Contains(o.sources, s) {
		o.sources = append(o.sources, s)
		o.start()
	}
}

// finish writes the last frames of the connection, after what is queued if drain is set, else instead of it.
func (o *outbox) finish(last []byte, drain bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last != nil || o.closed {
		return false
	}
	o.last, o.sources = last, nil
	if !drain {
		for _, f := range o.queue {
			o.bytes -= len(f)
		}
		o.queue = nil
	}
	o.start()
	return true
}

// abort drops everything.
func (o *outbox) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.queue, o.spare, o.sources = true, nil, nil, nil
}

// size is how many bytes wait.
func (o *outbox) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// start is called with mu held.
func (o *outbox) start() {
	if !o.writing {
		o.writing = true
		o.done.Add(1)
		go o.run()
	}
}

// run writes until there is nothing left.
func (o *outbox) run() {
	defer o.done.Done()
	buf := joinBuffers.Get().(*[]byte)
	defer joinBuffers.Put(buf)
	for {
		queue, sources, last, ok := o.take()
		if !ok {
			return
		}
		err := o.write(buf, queue, sources)
		if err == nil && last != nil {
			err = o.gate.writeLast(last)
		}
		if err != nil {
			o.gate.Close() // the reader notices
		}
		if err != nil || last != nil {
			o.abort()
		}
		o.release(queue)
	}
}

// take gives the writer all there is, or ends it.
func (o *outbox) take() (queue [][]byte, sources []Source, last []byte, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.queue) == 0 && len(o.sources) == 0 && o.last == nil {
		o.writing, o.spare = false, nil
		return nil, nil, nil, false
	}
	queue, o.queue, o.spare = o.queue, o.spare, nil
	sources, o.sources = o.sources, nil
	return queue, sources, o.last, true
}

// release gives back the room that was written, and the queue's array.
func (o *outbox) release(queue [][]byte) {
	n := 0
	for _, f := range queue {
		n += len(f)
	}
	clear(queue)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= n
	o.spare = queue[:0]
}

// write joins frames into as few writes as fit the buffer.
func (o *outbox) write(buf *[]byte, queue [][]byte, sources []Source) error {
	b := (*buf)[:0]
	for _, f := range queue {
		if len(b) > 0 && len(b)+len(f) > joinBytes {
			if err := o.flush(b); err != nil {
				return err
			}
			b = b[:0]
		}
		if len(f) > joinBytes {
			if err := o.flush(f); err != nil {
				return err
			}
			continue
		}
		b = append(b, f...)
	}
	b, err := o.pull(b, sources)
	if err == nil {
		err = o.flush(b)
	}
	if cap(b) <= 4*joinBytes {
		*buf = b[:0]
	}
	return err
}

// pull asks each source once, so that none starves the others.
func (o *outbox) pull(b []byte, sources []Source) ([]byte, error) {
	for _, s := range sources {
		if len(b) >= joinBytes {
			if err := o.flush(b); err != nil {
				return b, err
			}
			b = b[:0]
		}
		var more bool
		if b, more = s.Fill(b, joinBytes); more {
			o.ready(s)
		}
	}
	return b, nil
}

func (o *outbox) flush(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	err := o.gate.writeFrames(b, func() { o.started.Store(o.now()) })
	o.started.Store(0)
	return err
}

// stuck tells whether the write under way has not got on for longer than allowed.
func (o *outbox) stuck(now, within int64) bool {
	started := o.started.Load()
	return started != 0 && now-started > within
}
