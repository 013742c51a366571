package link

import "github.com/wabgo/wab/internal/wire"

// Instants are those of a ping and its answer: Sent and Arrived by our clock, Received and Answered by the server's, in µs.
type Instants struct{ Sent, Received, Answered, Arrived int64 }

// Ping pings now, before it is due: for whoever compares the clocks. It tells whether there is a connection to do it over.
func (l *Link) Ping(now int64) bool {
	l.advance(now)
	if !l.welcomed() {
		return false
	}
	l.ping()
	return true
}

func (l *Link) ping() {
	l.pingAt = l.now + wire.PingEvery
	l.at(l.pingAt)
	l.at(l.heard + wire.DeadAfter)
	l.send(wire.Ping{T: l.now}.Append(nil))
}

func (l *Link) tickPing() {
	if l.due(l.heard + wire.DeadAfter) {
		l.lose(wire.Err(wire.Unavailable, "The connection went silent."))
	} else if l.due(l.pingAt) {
		l.ping()
	}
}

func (l *Link) handlePong(frame []byte) error {
	f, err := wire.ParsePong(frame)
	if err != nil {
		return err
	}
	l.stamp = max(l.stamp, f.Now)
	l.emit(Event{Kind: Sample, Instants: Instants{Sent: f.T, Received: f.Received, Answered: f.Now, Arrived: l.now}})
	return nil
}
