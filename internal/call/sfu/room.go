package sfu

// RoomOptions are how a Room tells what happens in it. All are called on one goroutine of the room, one after another; they may take
// locks and call any method of Room and Peer but Room.Close and Engine.Close, which wait for that goroutine. Each may be nil.
type RoomOptions struct {
	Changed func()                              // what somebody publishes has changed: ask Peer.Sources
	Levels  func(levels []Level, active string) // at most 5 times a second, and only on change
	Data    func(member string, payload []byte) // a message of the data channel "wab"; payload is the callee's
}

// Room is a set of peers each of which receives what the others publish.
type Room struct{}

// Room makes a room; its owner closes it.
func (e *Engine) Room(o RoomOptions) *Room { return nil }

// Join adds a member.
func (r *Room) Join(o PeerOptions) (*Peer, error) { return nil, nil }

// Close ends all its peers, and returns when no callback runs any more.
func (r *Room) Close() {}
