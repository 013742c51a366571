package link

import "github.com/wabgo/wab/internal/wire"

// Config is what a Link needs to know.
type Config struct {
	Client string        // free text for the server's log, at most 64 bytes
	Token  string        // may be empty if the socket's upgrade carries one
	Renews bool          // the driver answers Token events with SetToken or NoToken
	Seed   uint64        // of jitter
	Run    func() string // makes a new run: 16 to 64 visible ASCII bytes from a cryptographic source
}

// Link is the client's side of one connection and of the channels on it. See the package comment for how it is driven.
type Link struct {
	cfg    Config
	events []Event
	head   int
	now    int64
	wake   int64 // no later than the next instant at which something is due; 0 never
	random uint64

	state    State
	conn     uint64 // the socket in use, 0 none
	conns    uint64 // sockets so far
	attempts int    // failed ones in a row
	since    int64  // when the socket was asked for, or welcomed
	heard    int64  // when the last frame came
	pingAt   int64
	floor    int64 // no attempt before: the server's reconnectAfter

	owner       string
	stamp       int64 // the newest instant of the server
	maxFrame    int
	maxInflight int
	renewAt     int64 // when to ask for a token, 0 not
	asking      bool  // a Token event is unanswered
	doubted     bool  // the server has refused a token, and taken none since

	channels []*channel // in the order they were made
	shut     []shut     // channels that the server has closed, the last maxShut
	requests map[uint64]*request
	handles  uint64
	chs      uint32
	bytes    int // of arguments that wait
}

// New makes a Link, which is idle until Start.
func New(cfg Config) *Link {
	return &Link{
		cfg: cfg, random: cfg.Seed | 1, requests: make(map[uint64]*request),
		maxFrame: wire.MaxFrame, maxInflight: 1,
	}
}

// Owner is who the server says we are; empty before the first welcome.
func (l *Link) Owner() string { return l.owner }

// Start asks for the first connection.
func (l *Link) Start(now int64) {
	l.advance(now)
	if l.state.Status == Idle {
		l.dial()
	}
}

// Stop closes the connection and answers every request. Nothing works afterwards.
func (l *Link) Stop(now int64) {
	l.advance(now)
	if l.state.Status == Stopped {
		return
	}
	for len(l.channels) > 0 {
		l.drop(l.channels[0], wire.Err(wire.Unavailable, "The client was closed before the request was sent."))
	}
	l.hangUp()
	l.wake = 0
	l.become(State{Status: Stopped})
}

// RetryNow tries to connect at once, if that is what is waited for and the server did not ask for patience: the network came back.
func (l *Link) RetryNow(now int64) {
	l.advance(now)
	if l.state.Status == Offline && l.state.Next > 0 {
		l.offlineUntil(max(l.now, l.floor), l.state.Reason)
		l.tick()
	}
}

// Connected tells that the socket is open.
func (l *Link) Connected(now int64, conn uint64) {
	l.advance(now)
	if conn != l.conn || conn == 0 {
		return
	}
	l.heard = l.now
	l.send(wire.Hello{Version: wire.Version, Token: l.cfg.Token, Client: l.cfg.Client}.Append(nil))
	for _, ch := range l.channels {
		l.askOpen(ch)
	}
}

// Disconnected tells that the socket could not be opened, or is gone.
func (l *Link) Disconnected(now int64, conn uint64) {
	l.advance(now)
	if conn != l.conn || conn == 0 {
		return
	}
	l.lose(nil)
}

// Received hands in a frame.
func (l *Link) Received(now int64, conn uint64, frame []byte) {
	l.advance(now)
	if conn != l.conn || conn == 0 {
		return
	}
	l.heard = l.now
	if err := l.handle(frame); err != nil {
		l.lose(wire.Err(wire.Internal, "The server sent a frame that makes no sense."))
	}
}

// Tick does what is due.
func (l *Link) Tick(now int64) {
	l.advance(now)
	if l.wake != 0 && l.now >= l.wake {
		l.tick()
	}
}

// Wake is the next instant at which Tick has something to do, or a little before; 0 when only an input can change anything.
func (l *Link) Wake() int64 { return l.wake }

// SendFrame sends a feature's frame if the server has welcomed us, and tells whether it did.
func (l *Link) SendFrame(frame []byte) bool {
	if !l.welcomed() || len(frame) > l.maxFrame {
		return false
	}
	l.send(frame)
	return true
}

func (l *Link) advance(now int64) { l.now = max(l.now, now) }

// at wants a tick at an instant.
func (l *Link) at(t int64) {
	if t != 0 && (l.wake == 0 || t < l.wake) {
		l.wake = t
	}
}
