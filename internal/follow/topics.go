package follow

import (
	"github.com/wabgo/wab/internal/due"
	"github.com/wabgo/wab/internal/wire"
)

// Topics holds the subscriptions of one link to topics, as a state machine.
//
// A driver calls it from one goroutine at a time, together with its link: Connected once the server has welcomed us, Disconnected when that
// connection is gone, Received for each frame of kind 80 and above, Tick at Wake. After each input it drains Next. Instants are µs since
// 1970 by the client's clock. Events may alias the frame that was received: drain before its buffer is used again.
type Topics struct {
	events []Event
	head   int
	clock  due.Timer

	connected bool
	subs      uint32 // handed out
	asks      uint32
	list      []*topic // in the order they were added
}

// New makes a machine without subscriptions. seed is of its jitter.
func New(seed uint64) *Topics { return &Topics{clock: due.New(seed)} }

// Add gives a subscription a number. Nothing else happens until Start. name is app:owner/local/topic or app:forum/topic; ca and method
// say whose handler's messages are wanted, both empty for all. There is one subscription for all three: if it was added before, its
// number is returned again.
func (t *Topics) Add(name, ca, method string) (sub uint32) {
	for _, s := range t.list {
		if s.name == name && s.ca == ca && s.method == method {
			return s.sub
		}
	}
	t.subs++
	t.list = append(t.list, &topic{sub: t.subs, name: name, ca: ca, method: method})
	return t.subs
}

// Start subscribes, from a position, or with an epoch of 0 from now on. A subscription that has started goes back to the position if it is
// further on, or in another epoch.
func (t *Topics) Start(now int64, sub uint32, epoch, offset uint64) {
	t.clock.Advance(now)
	s := t.sub(sub)
	if s == nil {
		return
	}
	back := epoch != 0 && (!s.placed || s.epoch != epoch || s.offset > offset)
	if s.started && !back {
		return
	}
	if back {
		s.place(epoch, offset)
	}
	s.started = true
	if s.askAt == 0 {
		t.ask(s)
	}
}

// Close ends a subscription.
func (t *Topics) Close(now int64, sub uint32) {
	t.clock.Advance(now)
	if s := t.sub(sub); s != nil {
		t.remove(s)
		t.leave(s)
	}
}

// Connected tells that the server has welcomed us on a new connection.
func (t *Topics) Connected(now int64) {
	t.clock.Advance(now)
	t.connected = true
	for _, s := range t.list {
		if s.started && s.asked == 0 {
			t.ask(s)
		}
	}
}

// Disconnected tells that the connection is gone.
func (t *Topics) Disconnected(now int64) {
	t.clock.Advance(now)
	t.connected = false
	for _, s := range t.list {
		s.askAt = 0
		t.ground(s, nil)
	}
}

// Received hands in a frame. Kinds that it doesn't know are ignored. After an error, which is a *wire.Error, the connection is of no use:
// the server makes no sense.
func (t *Topics) Received(now int64, frame []byte) error {
	t.clock.Advance(now)
	if !t.connected {
		return nil
	}
	switch wire.Kind(frame) {
	case wire.KindTopicOpened:
		return t.handleOpened(frame)
	case wire.KindTopicMessages:
		return t.handleMessages(frame)
	case wire.KindTopicEnd:
		return t.handleEnd(frame)
	}
	return nil
}

// Tick does what is due.
func (t *Topics) Tick(now int64) {
	t.clock.Advance(now)
	if !t.clock.Due() {
		return
	}
	for _, s := range t.list {
		if s.askAt != 0 {
			t.askAt(s, s.askAt)
		}
	}
}

// Wake is the next instant at which Tick has something to do, or a little before; 0 when only an input can change anything.
func (t *Topics) Wake() int64 { return t.clock.Wake }

func (t *Topics) sub(sub uint32) *topic {
	for _, s := range t.list {
		if s.sub == sub {
			return s
		}
	}
	return nil
}

// asking finds a subscription by the number that it was asked for by.
func (t *Topics) asking(n uint32) *topic {
	for _, s := range t.list {
		if s.asked == n {
			return s
		}
	}
	return nil
}

func (t *Topics) remove(gone *topic) {
	for i, s := range t.list {
		if s == gone {
			t.list = append(t.list[:i], t.list[i+1:]...)
			return
		}
	}
}
