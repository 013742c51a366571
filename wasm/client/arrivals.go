package client

import (
	"time"

	"github.com/wabgo/wab/internal/follow"
	"github.com/wabgo/wab/internal/wire"
)

// What waits for a slow handler of a topic, at most. Beyond it the oldest are dropped and told as lost.
const (
	maxArrivals     = 1024
	maxArrivalBytes = 16 << 20
)

// arrival is a message, or a loss, or both: the loss comes first.
type arrival struct {
	lost    uint64 // 0 nothing, Unknown
	message *TopicMessage
	at      Position // behind it
}

// arrivals is what a Topic's handlers are to hear.
type arrivals struct {
	list      []arrival
	bytes     int
	at        Position // behind what was handed out
	state     bool     // OnState is to be called
	scheduled bool     // deliver is queued or runs
	closed    bool
}

// add queues something, or moves the position on where there is nothing to tell.
func (q *arrivals) add(a arrival) {
	switch last := len(q.list) - 1; {
	case a.message != nil || a.lost != 0:
		q.list = append(q.list, a)
		q.bytes += a.size()
	case last >= 0:
		q.list[last].at = a.at
	default:
		q.at = a.at
	}
	for len(q.list) > maxArrivals || q.bytes > maxArrivalBytes {
		q.drop()
	}
}

func (a *arrival) size() int {
	if a.message == nil {
		return 0
	}
	return len(a.message.Value)
}

// drop forgets the oldest, and tells so with the next.
func (q *arrivals) drop() {
	first := q.list[0]
	if first.message != nil {
		first.lost = plus(first.lost, 1)
	}
	q.bytes -= first.size()
	q.list = q.list[1:]
	q.list[0].lost = plus(first.lost, q.list[0].lost)
}

func (q *arrivals) next() (a arrival, state, ok bool) {
	state, q.state = q.state, false
	if q.closed || len(q.list) == 0 && !state {
		q.list, q.scheduled = nil, false
		return arrival{}, false, false
	}
	if len(q.list) > 0 {
		a, q.list = q.list[0], q.list[1:]
		q.at = a.at
		q.bytes -= a.size()
	}
	return a, state, true
}

func (q *arrivals) close() {
	q.closed = true
	q.list, q.bytes = nil, 0
}

// begin, opened, read and turned are called with Client.mu held.
func (t *Topic) begin(from follow.Reader) {
	t.reader = from
	t.queue.at = t.position()
}

func (t *Topic) position() Position {
	epoch, offset := t.reader.Position()
	return Position{epoch, offset}
}

func (t *Topic) opened(e follow.Event) {
	lost, missed := t.reader.Opened(e)
	a := arrival{at: t.position()}
	switch {
	case lost && missed == 0:
		a.lost = Unknown
	case lost:
		a.lost = missed
	}
	t.tell(func(q *arrivals) { q.add(a) })
}

func (t *Topic) read(e follow.Event) {
	if t.opt.OnMessage == nil {
		t.reader.Pass(e)
	}
	t.tell(func(q *arrivals) {
		t.reader.Read(e, func(m wire.TopicMessage) {
			at := Position{e.Epoch, m.Offset}
			q.add(arrival{at: at, message: &TopicMessage{at.Epoch, at.Offset, time.UnixMicro(m.At).UTC(), m.From, m.Value}})
		})
		q.add(arrival{at: t.position()})
	})
}

func (t *Topic) turned() { t.tell(func(q *arrivals) { q.state = true }) }

// tell adds to what is queued, and has it delivered.
func (t *Topic) tell(add func(*arrivals)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := &t.queue
	if q.closed {
		return
	}
	add(q)
	if !q.scheduled && (len(q.list) > 0 || q.state) {
		q.scheduled = true
		t.c.todo.add(t.deliver)
	}
}

// deliver runs the handlers until nothing is queued.
func (t *Topic) deliver() {
	for {
		t.mu.Lock()
		a, state, ok := t.queue.next()
		t.mu.Unlock()
		if !ok {
			return
		}
		t.run(a, state)
	}
}

func (t *Topic) run(a arrival, turned bool) {
	if turned && t.opt.OnState != nil {
		state, _ := t.State()
		t.opt.OnState(state)
	}
	if a.lost != 0 && t.opt.OnGap != nil {
		known := a.lost != Unknown
		if !known {
			a.lost = 0
		}
		t.opt.OnGap(a.lost, known)
	}
	if a.message != nil && t.opt.OnMessage != nil {
		t.opt.OnMessage(*a.message)
	}
}
