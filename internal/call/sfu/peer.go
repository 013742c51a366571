package sfu

// PeerOptions describe a member that joins.
type PeerOptions struct {
	Member string       // its public name in the room
	Signal func(Signal) // sends a signal to the member; called in order, must not block
	Failed func(error)  // the connection has failed for good, and the peer is closed; once, on its own goroutine; may be nil
}

// Peer is the server's end of a member's connection. Until Allow it may publish nothing; it receives from the start.
type Peer struct{}

// Receive takes a signal of the member. It does not wait: what an offer comes to is told by Answer or Refused, which the peer sends
// itself. The error, a *wire.Error, is about signals that make no sense here or come too fast.
func (p *Peer) Receive(s Signal) error { return nil }

// Resume sends again what is unanswered after the member's line was cut: its own last offer, and the last answer.
func (p *Peer) Resume() {}

// Allow says what the member may publish: camera and mic; screen and screen-audio. What it publishes and may no longer is not
// forwarded from this instant on.
func (p *Peer) Allow(publish, share bool) {}

// Mute sets which sources the host has muted: they are not forwarded. It replaces what was muted before.
func (p *Peer) Mute(sources ...string) {}

// Off sets which of its sources the member has switched off itself: they are not forwarded. It replaces what was off before.
func (p *Peer) Off(sources []string) {}

// Hide sets which streams ("member/source") the member does not show: they are not sent to it. It replaces what was hidden before.
func (p *Peer) Hide(streams []string) {}

// Sources are what the member publishes and is allowed to, in a fixed order.
func (p *Peer) Sources() []Source { return nil }

// Data sends a message over the data channel "wab"; false when it is not open or is full.
func (p *Peer) Data(payload []byte) bool { return false }

// MapRTP tells which RTP timestamp the member's camera, or else its screen, bears for what was captured at an instant of the server's
// clock (µs since the epoch), by its sender reports. It is false where there is no video or no report yet.
func (p *Peer) MapRTP(at int64) (rtp uint32, ok bool) { return 0, false }

// Close takes the member out of the room.
func (p *Peer) Close() {}
