package link

import "github.com/wabgo/wab/internal/wire"

func (l *Link) dial() {
	l.conns++
	l.conn = l.conns
	l.since = l.now
	l.become(State{Status: Connecting})
	l.emit(Event{Kind: Dial, Conn: l.conn})
	l.at(l.since + dialWithin)
}

// hangUp forgets the socket: what it still brings is ignored.
func (l *Link) hangUp() {
	if l.conn != 0 {
		l.emit(Event{Kind: HangUp, Conn: l.conn})
		l.conn = 0
	}
	for _, ch := range l.channels {
		ch.ground()
	}
}

// welcomed tells whether the server has accepted us on this socket.
func (l *Link) welcomed() bool { return l.state.Status == Resuming || l.state.Status == Live }

// lose gives the socket up and plans the next attempt.
func (l *Link) lose(reason *wire.Error) {
	if l.welcomed() && l.now-l.since >= steadyAfter {
		l.attempts = 0
	}
	l.hangUp()
	l.offlineUntil(max(l.now+l.backOff(), l.floor), reason)
}

func (l *Link) offlineUntil(next int64, reason *wire.Error) {
	l.become(State{Status: Offline, Reason: reason, Next: next})
	l.at(next)
}

// handleBye ends the connection as the server wishes.
func (l *Link) handleBye(frame []byte) error {
	f, err := wire.ParseBye(frame)
	if err != nil {
		return err
	}
	reason := &wire.Error{Code: f.Code, Message: f.Message, RetryAfter: max(f.ReconnectAfter, 0)}
	switch {
	case f.ReconnectAfter >= 0:
		l.floor = l.now + min(f.ReconnectAfter, 3_600_000)*1000
		l.lose(reason)
	case f.Code == wire.Unauthenticated && l.cfg.Renews:
		if l.doubted && !l.welcomed() { // a new token is no better: whoever makes them may be quick
			l.floor = max(l.floor, l.now+l.backOff())
		}
		l.doubted = true
		l.hangUp()
		l.become(State{Status: Offline, Reason: reason})
		l.askToken()
	default:
		l.refuse(reason)
	}
	return nil
}

// refuse stays away. What was never sent fails with the reason; what is in doubt waits for a change, or its deadline.
func (l *Link) refuse(reason *wire.Error) {
	l.hangUp()
	for _, ch := range l.channels {
		l.failQueue(ch, reason)
	}
	l.become(State{Status: Refused, Reason: reason})
}

func (l *Link) handleWelcome(frame []byte) error {
	f, err := wire.ParseWelcome(frame)
	if err != nil {
		return err
	}
	if l.owner != "" && l.owner != f.Owner {
		l.refuse(wire.Err(wire.NotAllowed, "The new token belongs to another owner; start a new client for it."))
		return nil
	}
	l.owner, l.doubted = f.Owner, false
	l.stamp = max(l.stamp, f.Now)
	l.maxFrame, l.maxInflight = int(f.MaxFrame), max(int(f.MaxInflight), 1)
	l.planRenewal(f)
	if l.welcomed() {
		return nil
	}
	l.since = l.now
	l.become(State{Status: Resuming})
	l.ping()
	for _, ch := range l.channels {
		if !ch.asked {
			l.askOpen(ch)
		}
	}
	l.settle()
	return nil
}

// settle becomes live once the server has answered for every channel that was asked for.
func (l *Link) settle() {
	if l.state.Status != Resuming {
		return
	}
	for _, ch := range l.channels {
		if ch.asked && !ch.open {
			return
		}
	}
	l.become(State{Status: Live})
}
