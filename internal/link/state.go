package link

import "github.com/wabgo/wab/internal/wire"

// Status is where the connection stands.
type Status uint8

// The statuses of a Link.
const (
	Idle       Status = iota // not started
	Connecting               // a socket is being opened, or the server has not welcomed us yet
	Resuming                 // welcomed; the channels are being opened
	Live                     // requests pass
	Offline                  // no connection; the next attempt is at State.Next
	Refused                  // the server wants no further attempt without a change, such as another token
	Stopped                  // by Stop
)

func (s Status) String() string {
	return [...]string{"idle", "connecting", "resuming", "live", "offline", "refused", "stopped"}[s]
}

// State is what users see of the connection.
type State struct {
	Status Status
	Reason *wire.Error // Offline and Refused: why, if the server said so
	Next   int64       // Offline: when the next attempt is, µs by the client's clock; 0 while a token is awaited
}

// State is the state now.
func (l *Link) State() State { return l.state }

func (l *Link) become(s State) {
	if s != l.state {
		l.state = s
		l.emit(Event{Kind: Changed, State: s})
	}
}

// Times of connecting, in µs.
const (
	dialWithin  = 15_000_000
	firstDelay  = 500_000
	longestWait = 30_000_000
	steadyAfter = 10_000_000 // a connection that lived as long makes the next delay the first again
)

// backOff is how long to wait before the next attempt: doubling, half of it random, so that clients of a restarted server come apart.
func (l *Link) backOff() int64 {
	d := int64(firstDelay) << min(l.attempts, 10)
	l.attempts++
	return l.jitter(min(d, longestWait))
}

// jitter is a random duration from d/2 to d.
func (l *Link) jitter(d int64) int64 {
	l.random ^= l.random << 13
	l.random ^= l.random >> 7
	l.random ^= l.random << 17
	return d/2 + int64(l.random%uint64(d/2+1))
}

// pause is a retry delay the server asked for in ms, and up to half as much again.
func (l *Link) pause(ms int64) int64 {
	if ms <= 0 {
		ms = 1000
	}
	d := min(ms, 3_600_000) * 1000
	return d/2 + l.jitter(d)
}
