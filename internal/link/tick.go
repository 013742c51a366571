package link

import "github.com/wabgo/wab/internal/wire"

// tick does all that is due and finds out when to come back.
func (l *Link) tick() {
	l.wake = 0
	l.tickRequests()
	l.tickConnection()
	if l.welcomed() {
		for _, ch := range l.channels {
			l.tickChannel(ch)
		}
	}
	if l.renewAt != 0 && l.due(l.renewAt) {
		l.askToken()
	}
}

// due tells whether an instant has come, and asks for a tick then if not.
func (l *Link) due(t int64) bool {
	if t <= l.now {
		return true
	}
	l.at(t)
	return false
}

func (l *Link) tickRequests() {
	var late []*request
	for _, r := range l.requests {
		if r.deadline != 0 && l.due(r.deadline) {
			late = append(late, r)
		}
	}
	for _, r := range late {
		l.expire(r)
	}
}

func (l *Link) tickConnection() {
	switch l.state.Status {
	case Connecting:
		if l.due(l.since + dialWithin) {
			l.lose(wire.Err(wire.Unavailable, "The server does not answer."))
		}
	case Offline:
		if l.state.Next != 0 && l.due(l.state.Next) {
			l.dial()
		}
	case Resuming, Live:
		l.tickPing()
	}
}

func (l *Link) tickChannel(ch *channel) {
	if ch.openAt != 0 && l.due(ch.openAt) {
		l.askOpen(ch)
	}
	if ch.ackAt != 0 && l.due(ch.ackAt) {
		l.sendSeen(ch)
	}
	if ch.idle == 0 {
		return
	}
	l.pump(ch)
	for _, r := range ch.doubt {
		if !r.flying && r.again > l.now {
			l.at(r.again)
		}
	}
}
