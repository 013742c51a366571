package client

import (
	"github.com/wabgo/wab/internal/dial"
	"github.com/wabgo/wab/internal/wire"
)

// rooms drives the Calls of a Client. It is guarded by Client.mu.
type rooms struct {
	c    *Client
	dial *dial.Calls
	open map[uint32]*Call
}

func newRooms(c *Client) *rooms {
	return &rooms{c: c, dial: dial.New(seed()), open: make(map[uint32]*Call)}
}

func (r *rooms) linked(online bool) {
	if online {
		r.dial.Connected(r.c.now())
	} else {
		r.dial.Disconnected(r.c.now())
	}
}

func (r *rooms) received(frame []byte) error { return r.dial.Received(r.c.now(), frame) }
func (r *rooms) tick()                       { r.dial.Tick(r.c.now()) }
func (r *rooms) wake() int64                 { return r.dial.Wake() }

func (r *rooms) drain() {
	for e, ok := r.dial.Next(); ok; e, ok = r.dial.Next() {
		if e.Kind == dial.Send {
			r.c.link.SendFrame(e.Data)
		} else if k := r.open[e.Call]; k != nil {
			r.tell(k, e)
		}
	}
}

func (r *rooms) tell(k *Call, e dial.Event) {
	switch e.Kind {
	case dial.Opened:
		k.member = e.Member
		k.turn(CallLive, nil)
		k.opens++
		opened := CallOpened{e.Resumed, e.Member, e.Data}
		k.later(func() { k.open(opened) })
	case dial.Signal:
		r.hear(k, e.Data)
	case dial.Turned:
		if e.State == CallEnded {
			delete(r.open, k.number)
		}
		k.turn(e.State, e.Err)
	}
}

func (k *Call) open(o CallOpened) {
	k.c.mu.Lock()
	k.known++
	k.c.mu.Unlock()
	if k.opt.OnOpened != nil {
		k.opt.OnOpened(o)
	}
}

// hear queues what the room says, and gives up a call whose handler is much too slow for it.
func (r *rooms) hear(k *Call, payload []byte) {
	if k.opt.OnSignal == nil {
		return
	}
	if k.heard == maxHeard || k.bytes+len(payload) > maxHeardBytes {
		r.leave(k)
		k.turn(CallEnded, wire.Err(wire.Overloaded, "The room says more than this program takes in. Enter it again."))
		return
	}
	k.heard++
	k.bytes += len(payload)
	k.later(func() {
		k.c.mu.Lock()
		k.heard--
		k.bytes -= len(payload)
		k.c.mu.Unlock()
		k.opt.OnSignal(payload)
	})
}

// turn and later are called with Client.mu held.
func (k *Call) turn(state CallState, reason *wire.Error) {
	changed := k.state != state
	k.state, k.err = state, nil
	if reason != nil {
		k.err = reason
	}
	if state == CallLive || state == CallEnded {
		k.settled()
	}
	if changed && k.opt.OnState != nil {
		k.later(func() { k.opt.OnState(state) })
	}
}

func (k *Call) settled() {
	select {
	case <-k.ready:
	default:
		close(k.ready)
	}
}

// later runs a handler in its turn, unless the call is closed by then.
func (k *Call) later(handle func()) {
	k.c.todo.add(func() {
		k.c.mu.Lock()
		closed := k.closed
		k.c.mu.Unlock()
		if !closed {
			handle()
		}
	})
}

func (r *rooms) enter(k *Call, hello []byte) {
	k.number = r.dial.Open(r.c.now(), k.room, hello)
	r.open[k.number] = k
}

func (r *rooms) leave(k *Call) {
	delete(r.open, k.number)
	r.dial.Close(k.number)
}

func (r *rooms) end() {
	for _, k := range r.open {
		k.state, k.err = CallEnded, ErrClosed
		k.settled()
	}
	clear(r.open)
}
