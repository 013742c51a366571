package link

import "github.com/wabgo/wab/internal/wire"

// Times around renewal of tokens, in µs.
const (
	renewLead  = 60_000_000
	renewAgain = 15_000_000
)

// SetToken uses another token of the same owner: at once if connected, else with the next attempt, which it brings forward where only
// the token was in the way.
func (l *Link) SetToken(now int64, token string) {
	l.advance(now)
	l.cfg.Token, l.asking = token, false
	switch {
	case l.welcomed():
		l.send(wire.Auth{Token: token}.Append(nil))
	case l.state.Status == Refused, l.state.Status == Offline && l.state.Next == 0:
		l.offlineUntil(max(l.now, l.floor), nil)
		l.tick()
	}
}

// NoToken tells that no fresh token can be had, and why (nil: as the server said).
func (l *Link) NoToken(now int64, reason *wire.Error) {
	l.advance(now)
	l.asking = false
	if l.state.Status == Offline && l.state.Next == 0 {
		if reason == nil {
			reason = l.state.Reason
		}
		l.refuse(reason)
		return
	}
	l.renewAt = l.now + renewAgain
	l.at(l.renewAt)
}

func (l *Link) askToken() {
	l.renewAt = 0
	if l.cfg.Renews && !l.asking {
		l.asking = true
		l.emit(Event{Kind: Token})
	}
}

// planRenewal asks for a token a minute before this one expires, or after four fifths of a short life.
func (l *Link) planRenewal(f wire.Welcome) {
	l.renewAt = 0
	if f.Expires == 0 || !l.cfg.Renews {
		return
	}
	left := max(f.Expires-f.Now, 0)
	l.renewAt = l.now + left - min(renewLead, left/5)
	l.at(l.renewAt)
}
