package link

import "github.com/wabgo/wab/internal/wire"

// A channel is one session with one CA.
type channel struct {
	id      uint32
	ca      string
	session string
	keep    uint32
	run     string

	asked  bool  // open was sent on this socket
	open   bool  // and answered
	begun  bool  // this run was open before
	ever   bool  // the channel was open before, in whichever run
	openAt int64 // after a refusal for the time being: when to ask again

	next  uint64     // the next request's id
	doubt []*request // sent and unanswered, by id
	queue []*request // never sent, in order
	fly   int        // on the wire of this socket
	idle  int        // in doubt, and not on the wire

	seen  uint64 // the last note
	acked uint64 // the last one that the server knows of
	ackAt int64  // when to tell it, 0 not
}

// Open makes a channel: a session, named by a label, with a CA. keep is how many notes the server holds while we are away or slow:
// 0 means 100, 1 only the latest. The session opens as soon as there is a connection, and again after each cut.
func (l *Link) Open(now int64, ca, session string, keep uint32) (ch uint32) {
	l.advance(now)
	l.chs++
	c := &channel{id: l.chs, ca: ca, session: session, keep: keep}
	l.begin(c)
	if l.state.Status == Stopped {
		l.emit(Event{Kind: Closed, Ch: c.id, Err: wire.Err(wire.Unavailable, "The client is closed.")})
		return c.id
	}
	l.channels = append(l.channels, c)
	if l.welcomed() {
		l.askOpen(c)
	}
	return c.id
}

// Close ends a session for good. Its requests are answered: unavailable if they were never sent, else session_expired.
func (l *Link) Close(now int64, ch uint32) {
	l.advance(now)
	if c := l.channel(ch); c != nil {
		if c.asked {
			l.send(wire.Close{Ch: c.id}.Append(nil))
		}
		l.drop(c, wire.Err(wire.Unavailable, "The session was closed before the request was sent."))
		l.settle()
	}
}

// begin starts a run: as a session without memory.
func (l *Link) begin(ch *channel) {
	ch.run, ch.next, ch.begun = l.cfg.Run(), 1, false
	ch.seen, ch.acked, ch.ackAt = 0, 0, 0
}

func (l *Link) channel(id uint32) *channel {
	for _, ch := range l.channels {
		if ch.id == id {
			return ch
		}
	}
	return nil
}

// askOpen opens a channel on this socket. The stamp is no younger than the first sending of what is in doubt: that is what the age of
// receipts is measured against.
func (l *Link) askOpen(ch *channel) {
	f := wire.Open{Ch: ch.id, CA: ch.ca, Session: ch.session, Run: ch.run, Seen: ch.seen, Keep: ch.keep}
	if ch.begun {
		f.Stamp = l.stamp
	}
	if len(ch.doubt) > 0 {
		f.Stamp = ch.doubt[0].stamp
	}
	ch.asked, ch.openAt = true, 0
	l.send(f.Append(nil))
}

func (l *Link) handleOpened(frame []byte) error {
	f, err := wire.ParseOpened(frame)
	if err != nil {
		return err
	}
	l.stamp = max(l.stamp, f.Now)
	ch := l.channel(f.Ch)
	if ch == nil || !ch.asked || ch.open {
		return nil
	}
	first, resumed := !ch.ever, f.Resumed && (ch.begun || !ch.ever) // another run has lost the notes of the one before
	ch.open, ch.begun, ch.ever = true, true, true
	if !f.Resumed {
		ch.seen = 0
	}
	ch.acked, ch.ackAt = ch.seen, 0
	l.emit(Event{Kind: Opened, Ch: ch.id, Resumed: resumed, First: first})
	l.settle()
	l.pump(ch)
	return nil
}

// handleLoss takes an error about the channel itself.
func (l *Link) handleLoss(ch *channel, err *wire.Error) {
	fresh := !ch.begun && len(ch.doubt) == 0
	ch.ground()
	switch {
	case err.Code == wire.SessionExpired && !fresh:
		l.failDoubt(ch)
		l.begin(ch)
		l.askOpen(ch)
	case err.Code == wire.Unavailable || err.Code == wire.Overloaded || err.Code == wire.Quota:
		ch.openAt = l.now + l.pause(err.RetryAfter)
		l.at(ch.openAt)
	default:
		l.drop(ch, err)
		l.remember(shut{ch.id, err})
		l.emit(Event{Kind: Closed, Ch: ch.id, Err: err})
	}
	l.settle()
}

// maxShut is of how many channels it is remembered why the server has closed them.
const maxShut = 64

// shut is a channel that the server has closed, and why: a request that was made before its maker could hear of that is told the same as one made a moment sooner.
type shut struct {
	id  uint32
	why *wire.Error
}

func (l *Link) remember(s shut) {
	if len(l.shut) == maxShut {
		l.shut = append(l.shut[:0], l.shut[1:]...)
	}
	l.shut = append(l.shut, s)
}

// whyShut is what requests on a channel that is gone are told.
func (l *Link) whyShut(id uint32) *wire.Error {
	for _, s := range l.shut {
		if s.id == id {
			return s.why
		}
	}
	return wire.Err(wire.Unavailable, "The session is closed.")
}

// drop forgets a channel and answers its requests.
func (l *Link) drop(ch *channel, reason *wire.Error) {
	l.failDoubt(ch)
	l.failQueue(ch, reason)
	for i, c := range l.channels {
		if c == ch {
			l.channels = append(l.channels[:i], l.channels[i+1:]...)
			return
		}
	}
}

// ground marks the channel as not open: nothing of it is on the wire.
func (ch *channel) ground() {
	ch.asked, ch.open, ch.ackAt = false, false, 0
	kept := ch.doubt[:0]
	for _, r := range ch.doubt {
		if r.doubtful, r.flying = r.doubtful || r.flying, false; !r.done {
			r.again = 0
			kept = append(kept, r)
		}
	}
	clear(ch.doubt[len(kept):])
	ch.doubt, ch.fly, ch.idle = kept, 0, len(kept)
}

// Acknowledging of notes: after so many, or so long after the first (µs).
const (
	ackNotes = 32
	ackAfter = 500_000
)

func (l *Link) acknowledge(ch *channel) {
	if ch.seen-ch.acked >= ackNotes {
		l.sendSeen(ch)
	} else if ch.ackAt == 0 {
		ch.ackAt = l.now + ackAfter
		l.at(ch.ackAt)
	}
}

func (l *Link) sendSeen(ch *channel) {
	ch.acked, ch.ackAt = ch.seen, 0
	l.send(wire.Seen{Ch: ch.id, Seq: ch.seen}.Append(nil))
}
