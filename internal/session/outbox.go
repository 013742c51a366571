package session

import (
	"slices"
	"sync"
	"sync/atomic"
)

// joinBytes is how much one write joins. Larger frames are written by themselves.
const joinBytes = 16 << 10

// Source makes frames when there is room for them: what it holds back may be merged or dropped meanwhile. It is a pointer, so that the
// outbox knows it again.
type Source interface {
	// Fill appends whole frames, made with AppendFrame, to dst, while dst has less than limit bytes. more tells whether some are left.
	// It runs on the connection's writer and must not block. What was sent before Ready is written before what Fill appends.
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
	limit int // bytes
	flush *flusher
	now   func() int64

	mu      sync.Mutex
	queue   [][]byte // sealed frames; those before first are gone
	first   int
	sources []Source // that have something
	before  int      // frames in the queue that go before the sources
	bytes   int      // of memory in the queue, and in the write under way
	writing bool     // somebody writes, or is about to
	bulk    bool     // what has come since the last turn can wait: features' frames
	owed    int      // of bytes: what the gate still has of a write that was cut; the writer's
	pong    []byte   // answers the client's last ping, before anything else
	last    []byte   // what ends the connection; nothing is taken after it
	closed  bool     // written, or failed
	hung    bool     // the client has closed: the connection ends with the last word

	lane  lane   // the flusher's
	place uint64 // the flusher's

	vigil Vigil // the sweep's, while the server drains

	started atomic.Int64 // when the write that waits for room began, or got on, 0 if none does
}

// push queues a sealed frame. A frame beyond the limit is not taken.
func (o *outbox) push(frame []byte, limit int, l lane) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(frame, limit, l)
}

// add is called with mu held. An empty queue takes any frame, so that the limit refuses none for good.
func (o *outbox) add(frame []byte, limit int, l lane) bool {
	if o.last != nil || o.closed {
		return true // nobody will read it
	}
	if o.bytes > 0 && o.bytes+weight(frame) > limit {
		return false
	}
	if o.first > 0 && len(o.queue) == cap(o.queue) {
		o.moveUp()
	}
	o.queue = append(o.queue, frame)
	o.bytes += weight(frame)
	o.start(l)
	return true
}

// weight is what a frame costs in memory while it waits, its place in the queue included: small ones by the thousand are mostly that.
func weight(frame []byte) int {
	const place = 2 * 24 // a slice header; the queue doubles as it grows
	return cap(frame) + place
}

// moveUp makes room at the end of the queue. It is called with mu held.
func (o *outbox) moveUp() {
	n := copy(o.queue, o.queue[o.first:])
	clear(o.queue[n:])
	o.queue, o.first = o.queue[:n], 0
}

// ready notes that a source has something.
func (o *outbox) ready(s Source, l lane) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil && !o.closed && !slices.Contains(o.sources, s) {
		o.sources = append(o.sources, s)
		o.before = o.waiting()
		o.start(l)
	}
}

// answerPing answers a ping. Where an answer waits already, the new one takes its place (RFC 6455 §5.5.3).
func (o *outbox) answerPing(payload []byte) {
	pong := append([]byte{opPong, byte(len(payload))}, payload...)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.last == nil && !o.closed {
		o.pong = pong
		o.start(fastLane)
	}
}

// hangUp has the connection closed as soon as its last word is out. It reports true, and leaves that to the caller, if it is.
func (o *outbox) hangUp() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hung = true
	return o.closed
}

// over tells whether nothing is left to say, and nobody to listen.
func (o *outbox) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hung && o.closed
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
		for _, f := range o.queue[o.first:] {
			o.bytes -= weight(f)
		}
		o.queue, o.first, o.pong = nil, 0, nil
	}
	o.start(fastLane)
	return true
}

// abort drops everything.
func (o *outbox) abort() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed, o.queue, o.first, o.sources, o.pong = true, nil, 0, nil, nil
}

// size is how many bytes wait.
func (o *outbox) size() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}

// left is how many bytes the client has not taken, and how many it has, as far as that is known. What is being written is left until all of it is with the system.
func (o *outbox) left() (n int, taken uint64) {
	o.mu.Lock()
	n = o.bytes
	if !o.closed {
		n += len(o.last)
	}
	o.mu.Unlock()
	queued, taken := unsent(o.gate.ReadWriteCloser)
	return n + queued, taken
}

// waiting is the length of the queue. It is called with mu held.
func (o *outbox) waiting() int { return len(o.queue) - o.first }

// start is called with mu held.
func (o *outbox) start(l lane) {
	if o.writing {
		if l == fastLane && o.bulk {
			o.bulk = false
			o.flush.hurry(o)
		}
		return
	}
	o.writing, o.bulk = true, l == slowLane
	if o.last == nil && o.gate.quick() {
		o.flush.add(o, l)
	} else {
		o.wait()
	}
}

// rejoin gives a connection that has more another turn.
func (o *outbox) rejoin() {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := fastLane
	if o.bulk {
		l = slowLane
	}
	o.flush.add(o, l)
}

// idle tells whether there is nothing to write, and then ends the writing.
func (o *outbox) idle() bool {
	const small = 2 // frames an idle connection keeps room for
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed && (o.waiting() > 0 || len(o.sources) > 0 || o.last != nil || o.pong != nil) {
		return false
	}
	if o.writing = false; cap(o.queue) > small {
		o.queue = nil
	}
	return true
}

// gather takes what one write holds, joined in buf, or one large frame as it is; n bytes of it were in the queue. Only the one who writes
// calls it.
func (o *outbox) gather(buf []byte) (b []byte, n int) {
	b, n, ask := o.gatherQueue(buf)
	for ; ask > 0 && len(b) < joinBytes; ask-- {
		s := o.nextSource()
		if s == nil {
			break
		}
		var more bool
		if b, more = s.Fill(b, joinBytes); more {
			o.ready(s, slowLane)
		}
	}
	return b, n
}

// gatherQueue takes frames from the queue. ask is how many sources are to be asked now, each once, so that none starves the others.
func (o *outbox) gatherQueue(buf []byte) (b []byte, n, ask int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bulk = true
	b = append(buf, o.pong...)
	for o.pong = nil; o.waiting() > 0 && (o.before > 0 || len(o.sources) == 0); {
		f := o.queue[o.first]
		if len(b) > 0 && len(b)+len(f) > joinBytes {
			return b, n, 0
		}
		o.drop()
		if n += weight(f); len(f) > joinBytes {
			return f, n, 0
		}
		b = append(b, f...)
	}
	return b, n, len(o.sources)
}

// drop removes the first frame of the queue. It is called with mu held.
func (o *outbox) drop() {
	o.queue[o.first] = nil
	o.before = max(0, o.before-1)
	if o.first++; o.first == len(o.queue) {
		o.queue, o.first = o.queue[:0], 0
	}
}

func (o *outbox) nextSource() (s Source) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.sources) > 0 {
		s = o.sources[0]
		o.sources = slices.Delete(o.sources, 0, 1)
	}
	return s
}

// release gives back room that was written.
func (o *outbox) release(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= n
}

// stuck tells whether the write under way has not got on for longer than allowed.
func (o *outbox) stuck(now, within int64) bool {
	started := o.started.Load()
	return started != 0 && now-started > within
}
