package link

import "github.com/wabgo/wab/internal/wire"

// Limits of what waits for an answer on one Link.
const (
	MaxPending      = 1024
	MaxPendingBytes = 16 << 20
)

// A request is a call of a method until it is answered.
type request struct {
	handle   uint64
	ch       *channel
	id       uint64 // 0 until it is sent for the first time
	method   string
	args     []byte
	deadline int64 // µs, 0 none
	stamp    int64 // the newest instant of the server when it was sent first
	again    int64 // not to be sent before
	flying   bool  // on the wire of this socket
	doubtful bool  // an answer to it was lost: an earlier sending may have run
	done     bool  // answered here, but the server still works on it
}

// Request calls a method of the channel's CA. args is one CBOR array. deadline is an instant, 0 for none. The outcome is the Answer with
// the number that is returned.
func (l *Link) Request(now int64, ch uint32, method string, args []byte, deadline int64) (req uint64) {
	l.advance(now)
	l.handles++
	r := &request{handle: l.handles, ch: l.channel(ch), method: method, args: args, deadline: deadline}
	if err := l.admit(r, ch); err != nil {
		l.emit(Event{Kind: Answer, Ch: ch, Req: r.handle, Err: err})
		return r.handle
	}
	l.requests[r.handle] = r
	l.bytes += len(args)
	l.at(deadline)
	r.ch.queue = append(r.ch.queue, r)
	l.pump(r.ch)
	return r.handle
}

// admit refuses what can't be sent or kept.
func (l *Link) admit(r *request, ch uint32) *wire.Error {
	switch {
	case r.ch == nil:
		return l.whyShut(ch)
	case l.state.Status == Refused:
		return l.state.Reason
	case r.method == "" || len(r.method) > wire.MaxMethod:
		return wire.Err(wire.BadRequest, "A method's name has 1 to 64 bytes.")
	case len(l.requests) >= MaxPending || l.bytes+len(r.args) > MaxPendingBytes:
		return wire.Retry(wire.Overloaded, "Too many requests wait for an answer; wait for some of them.", 1000)
	}
	return nil
}

// Cancel forgets a request without an Answer: its caller went away. If it was sent, it may still run.
func (l *Link) Cancel(now int64, req uint64) {
	l.advance(now)
	if r := l.requests[req]; r != nil {
		l.abandon(r)
		l.pump(r.ch)
	}
}

// pump sends what may be sent: first what is in doubt, by id, then what is new.
func (l *Link) pump(ch *channel) {
	if !ch.open || !l.welcomed() {
		return
	}
	for i := 0; i < len(ch.doubt) && ch.idle > 0 && ch.fly < l.maxInflight; i++ {
		if r := ch.doubt[i]; !r.flying && r.again <= l.now {
			ch.idle--
			l.launch(r, true)
		}
	}
	sent := 0
	for sent < len(ch.queue) && ch.fly < l.maxInflight {
		l.first(ch, ch.queue[sent])
		sent++
	}
	ch.queue = shift(ch.queue, sent)
}

// first sends a request for the first time.
func (l *Link) first(ch *channel, r *request) {
	const overhead = 64 // what a frame has around method and args
	if len(r.args)+len(r.method)+overhead > l.maxFrame {
		l.finish(r, nil, wire.Err(wire.TooLarge, "The request is larger than the server takes."))
		return
	}
	r.id, r.stamp = ch.next, l.stamp
	ch.next++
	ch.doubt = append(ch.doubt, r)
	l.launch(r, false)
}

func (l *Link) launch(r *request, retry bool) {
	r.flying = true
	r.ch.fly++
	l.send(wire.Request{
		Ch: r.ch.id, ID: r.id, Floor: r.ch.floor(), Retry: retry, Method: r.method, Args: r.args,
	}.Append(make([]byte, 0, len(r.args)+len(r.method)+40)))
}

// floor is the first id that still matters to us.
func (ch *channel) floor() uint64 {
	for _, r := range ch.doubt {
		if !r.done {
			return r.id
		}
	}
	return ch.next
}

// answer takes the server's word on a request, unless it is to be tried again.
func (l *Link) answer(ch *channel, id uint64, result []byte, err *wire.Error) {
	i := ch.index(id)
	if i < 0 || !ch.doubt[i].flying {
		return
	}
	r := ch.doubt[i]
	r.flying = false
	ch.fly--
	if !l.tryAgain(r, err) {
		ch.doubt = append(ch.doubt[:i], ch.doubt[i+1:]...)
		if !r.done {
			l.finish(r, result, err)
		}
	}
	l.pump(ch)
}

// tryAgain plans to repeat a request that was not executed, if its deadline leaves time. Where an earlier sending may have been, a
// refusal of this one at the door proves nothing: it waits for better news, or its deadline.
func (l *Link) tryAgain(r *request, err *wire.Error) bool {
	if r.done || !passing(err) {
		return false
	}
	again := l.now + l.pause(err.RetryAfter)
	if r.deadline != 0 && again >= r.deadline {
		if !r.doubtful {
			return false
		}
		again = r.deadline
	}
	r.again = again
	r.ch.idle++
	l.at(again)
	return true
}

// passing tells whether an error is worth another try, with the same id. Quota is not: it is said by who has looked for the receipt of an earlier sending and found none.
func passing(err *wire.Error) bool {
	return err != nil && (err.Code == wire.Unavailable || err.Code == wire.Overloaded)
}

func (ch *channel) index(id uint64) int {
	lo, hi := 0, len(ch.doubt)
	for lo < hi {
		if mid := (lo + hi) / 2; ch.doubt[mid].id < id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(ch.doubt) && ch.doubt[lo].id == id {
		return lo
	}
	return -1
}

// finish answers a request that is in no list any more, or about to leave it.
func (l *Link) finish(r *request, result []byte, err *wire.Error) {
	l.forget(r)
	l.emit(Event{Kind: Answer, Ch: r.ch.id, Req: r.handle, Data: result, Err: err})
}

func (l *Link) forget(r *request) {
	delete(l.requests, r.handle)
	l.bytes -= len(r.args)
	r.args = nil
}

// abandon takes a request out. While the server works on it, it keeps its place in the window.
func (l *Link) abandon(r *request) {
	l.forget(r)
	if r.flying {
		r.done = true
		return
	}
	if r.id != 0 {
		r.ch.idle--
	}
	r.ch.doubt, r.ch.queue = without(r.ch.doubt, r), without(r.ch.queue, r)
}

// expire answers a request whose deadline has passed.
func (l *Link) expire(r *request) {
	err := wire.Err(wire.Deadline, "The deadline passed before the request could be sent; it did not run.")
	if r.id != 0 {
		err = wire.Err(wire.Deadline, "No answer came before the deadline; the request may have run.")
	}
	l.abandon(r)
	l.emit(Event{Kind: Answer, Ch: r.ch.id, Req: r.handle, Err: err})
}

// failDoubt answers everything that was sent: nobody will tell what became of it.
func (l *Link) failDoubt(ch *channel) {
	doubt := ch.doubt
	ch.doubt, ch.fly, ch.idle = nil, 0, 0
	for _, r := range doubt {
		if !r.done {
			l.finish(r, nil, wire.Err(wire.SessionExpired, "The session ended before the answer came; the request may have run and will not run again."))
		}
	}
}

// failQueue answers everything that was never sent.
func (l *Link) failQueue(ch *channel, reason *wire.Error) {
	queue := ch.queue
	ch.queue = nil
	for _, r := range queue {
		l.finish(r, nil, reason)
	}
}

func without(list []*request, r *request) []*request {
	for i := range list {
		if list[i] == r {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// shift drops the first n.
func shift(list []*request, n int) []*request {
	if n == 0 {
		return list
	}
	rest := copy(list, list[n:])
	clear(list[rest:])
	return list[:rest]
}
