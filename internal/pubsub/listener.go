package pubsub

import (
	"sync"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/session"
	"github.com/wabgo/wab/internal/wire"
)

// silence is after how many messages that a client may not have it is told its position.
const silence = 1000

// A listener is one subscription of a client. It is the Source of what the connection lacks of the topic.
type listener struct {
	// What each message needs, on one line of the processor's cache:
	mu     sync.Mutex
	place         // the last message that is on its way, or was passed over
	told   uint64 // up to where the client knows
	conn   *session.Conn
	claim  *claim
	feed   *feed // nil until it is let in; guarded by client.mu until then
	behind bool  // the connection's writer is to bring it up to date; until then the cast leaves it alone
	gone   bool
	begun  bool     // the client knows where it begins
	away   bool     // what comes next is being read, or decided on
	own    bool     // its frames are not shared: the connection has another subscription to the topic
	next   *serving // that has been
	end    []byte   // a topic-end to be sent

	client *client
	topic  name.Name
	number uint32 // the client's
	id     uint64 // in frames of messages
	came   uint64 // its number among the feed's
	terms  terms
}

// serving is what a listener is to get.
type serving struct {
	*stretch
	share
}

// wake asks the connection for room. Call with mu held.
func (l *listener) wake() {
	l.behind = true
	l.conn.Ready(l)
}

// offer hands a stretch to the connection, if that is up to date and has room. What is wrong is for the caller to tell.
func (l *listener) offer(s *stretch) (refused *wire.Error) {
	var sh share
	if l.claim.free {
		sh = s.all
	} else if l.follows(s) {
		sh = s.share(l.claim)
	}
	if sh.refused != nil {
		return sh.refused
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.behind || l.gone:
	case l.epoch == s.epoch && l.offset >= s.upto:
	case !l.shares(s) || sh.decided < len(s.entries):
		l.keep(s, sh)
		l.wake()
	case sh.which == (parts{}) && s.upto-l.told < silence:
		l.offset = s.upto
	case l.conn.Send(s.frame(l.from(s), sh)):
		l.offset, l.told = s.upto, s.upto
	default:
		l.keep(s, sh)
		l.wake()
	}
	return nil
}

// keep puts a stretch by that can't be sent now, if somebody was asked about it: that need not be done again. Call with mu held.
func (l *listener) keep(s *stretch, sh share) {
	if !l.claim.free && l.epoch == s.epoch && l.offset >= s.after && s.end(sh) > l.offset {
		l.next = &serving{s, sh}
	}
}

// follows tells whether a stretch is what the listener waits for.
func (l *listener) follows(s *stretch) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.behind && !l.gone && l.epoch == s.epoch && l.offset >= s.after
}

// shares tells whether the listener can be served like others. Call with mu held.
func (l *listener) shares(s *stretch) bool {
	return l.epoch == s.epoch && !l.own && (l.offset == s.after || l.offset > s.after && l.claim.free)
}

// from is what a shared frame of a stretch goes on from: what the client knows, or a little before.
func (l *listener) from(s *stretch) uint64 {
	if l.claim.free {
		return s.after
	}
	return s.after - min(s.after, silence)
}

// Fill brings the connection what it lacks: where the subscription begins, or what was lost, and messages.
func (l *listener) Fill(dst []byte, limit int) (out []byte, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end != nil {
		dst = session.AppendFrame(dst, l.end)
		l.end = nil
	}
	if l.gone || l.away {
		return dst, false
	}
	for len(dst) < limit {
		now := l.feed.outlook()
		dst = l.settle(dst, now)
		if l.offset >= now.last {
			l.behind = false
			return dst, false
		}
		if l.next == nil && l.claim.free {
			l.next = l.feed.remembered(l.place, limit-len(dst))
		}
		if l.next == nil {
			l.away = true
			l.feed.seek(l)
			return dst, false
		}
		dst = l.serve(dst)
	}
	return dst, true
}

// settle tells the client where it is, if it doesn't know or can't go on from there. Call with mu held.
func (l *listener) settle(dst []byte, now outlook) []byte {
	at, gap, missed := now.from(l.place)
	if l.begun && at == l.place {
		return dst
	}
	l.begun, l.place, l.told, l.next = true, at, at.offset, nil
	f := wire.TopicOpened{Sub: l.number, ID: l.id, Epoch: at.epoch, Offset: at.offset, Gap: gap, Missed: missed}
	return session.AppendFrame(dst, f.Append(nil))
}

// serve brings what was found. Call with mu held.
func (l *listener) serve(dst []byte) []byte {
	s := l.next
	l.next = nil
	end := s.end(s.share)
	if n, _ := s.count(l.offset, s.share); n > 0 || end-l.told >= silence {
		dst = session.AppendFrame(dst, s.append(nil, l.id, l.told, l.offset, s.share))
		l.told = end
	}
	l.offset = end
	return dst
}

// outlook is what a topic has at the moment.
type outlook struct {
	epoch, first, last uint64
	before             place // the last message of the epoch before
}

// from is where somebody goes on who was at a place, and what is lost to them: how many messages, 0 if that is not known.
func (o outlook) from(at place) (to place, gap bool, missed uint64) {
	oldest := max(o.first, 1) - 1
	switch {
	case at.epoch == o.epoch && at.offset > o.last:
		return place{o.epoch, o.last}, true, 0 // we have lost some ourselves
	case at.epoch == o.epoch && at.offset >= oldest, at.epoch == 0 && o.epoch == 0:
		return at, false, 0
	case at.epoch == o.epoch, at.epoch == 0:
		missed = oldest - at.offset
	case at.epoch == o.before.epoch:
		missed = o.before.offset - min(o.before.offset, at.offset) + oldest
	default:
		gap = true
	}
	return place{o.epoch, oldest}, gap || missed > 0, missed
}
