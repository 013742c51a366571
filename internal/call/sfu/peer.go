package sfu

import (
	"errors"
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"github.com/wabgo/wab/internal/wire"
)

// PeerOptions describe a member that joins.
type PeerOptions struct {
	Member string       // its public name in the room
	Signal func(Signal) // sends a signal to the member; called in order, on one goroutine of the peer; must not block
	Failed func(error)  // the connection has failed for good, and the peer is closed; one of the room's callbacks; may be nil
}

// Peer is the server's end of a member's connection. Until Allow it may publish nothing; it receives from the start.
type Peer struct {
	room   *Room
	member string
	opt    PeerOptions
	pc     *webrtc.PeerConnection
	inbox  *inbox
	line   *line // how much the member's connection carries
	data   *dataChannel
	done   chan struct{} // closed by Close

	negotiation // of the peer's goroutine

	// Guarded by room.mu.
	tracks         map[string]*track // by source
	sources        map[string]string // mid → source, of the member's last offer
	publish, share bool
	muted, off     []string
	hidden         map[string]bool // "member/source"
	gone           bool
}

func newPeer(r *Room, o PeerOptions) (*Peer, error) {
	pc, err := r.engine.api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, err
	}
	p := &Peer{
		room: r, member: o.Member, opt: o, pc: pc, inbox: newInbox(), line: newLine(), done: make(chan struct{}),
		tracks: map[string]*track{}, negotiation: negotiation{joined: time.Now()},
	}
	p.waits.Store(true)
	if p.data, err = openData(p); err != nil {
		_ = pc.Close()
		return nil, err
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) { p.onTrack(remote, receiver) })
	pc.OnConnectionStateChange(p.onState)
	return p, nil
}

// discard closes a peer that never ran.
func (p *Peer) discard() { _ = p.pc.Close() }

// Receive takes a signal of the member. It does not wait: what an offer comes to is told by Answer or Refused, which the peer sends
// itself. The error, a *wire.Error, is about signals that make no sense here or come too fast.
func (p *Peer) Receive(s Signal) error {
	switch s.(type) {
	case Offer, Answer, Candidate, Restart:
		return p.inbox.signal(s)
	}
	return refused("This signal is not about the media of a call.")
}

// Resume sends again what is unanswered after the member's line was cut: its own last offer, and the last answer.
func (p *Peer) Resume() { p.inbox.resumed() }

// Allow says what the member may publish: camera and mic; screen and screen-audio. What it publishes and may no longer is not
// forwarded from this instant on.
func (p *Peer) Allow(publish, share bool) {
	p.set(func() bool {
		changed := p.publish != publish || p.share != share
		p.publish, p.share = publish, share
		return changed && len(p.tracks) > 0
	})
}

// Mute sets which sources the host has muted: they are not forwarded. It replaces what was muted before.
func (p *Peer) Mute(sources ...string) {
	p.set(func() bool {
		changed := !slices.Equal(p.muted, sources)
		p.muted = slices.Clone(sources)
		return changed
	})
}

// Off sets which of its sources the member has switched off itself: they are not forwarded. It replaces what was off before.
func (p *Peer) Off(sources []string) {
	p.set(func() bool {
		changed := !slices.Equal(p.off, sources)
		p.off = slices.Clone(sources)
		return changed
	})
}

// set changes what decides about the member's tracks, and has all of them follow at once.
func (p *Peer) set(change func() (changed bool)) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.gone || !change() {
		return
	}
	for _, t := range p.tracks {
		t.gate(p.forwards(t.source))
	}
	p.room.changed()
}

// allows tells whether the member may publish a source; forwards, whether what it publishes there is to be passed on. The caller
// holds room.mu.
func (p *Peer) allows(source string) bool {
	if sourcesOfScreen[source] {
		return p.share
	}
	return p.publish
}

func (p *Peer) forwards(source string) bool {
	return !p.gone && p.allows(source) && !slices.Contains(p.muted, source) && !slices.Contains(p.off, source)
}

// Hide sets which streams ("member/source") the member does not show: they are not sent to it. It replaces what was hidden before.
func (p *Peer) Hide(streams []string) {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.hidden = make(map[string]bool, len(streams))
	for _, s := range streams {
		p.hidden[s] = true
	}
	p.inbox.renegotiate()
}

// Sources are what the member publishes and is allowed to, in a fixed order.
func (p *Peer) Sources() []Source {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	all := []Source{}
	for _, name := range sourceNames {
		if p.tracks[name] != nil && p.allows(name) {
			all = append(all, Source{Name: name, Off: slices.Contains(p.off, name), Muted: slices.Contains(p.muted, name)})
		}
	}
	return all
}

// Data sends a message over the data channel "wab"; false when it is not open or is full.
func (p *Peer) Data(payload []byte) bool { return p.data.send(payload) }

// MapRTP tells which RTP timestamp the member's camera, or else its screen, bears for what was captured at an instant of the server's
// clock (µs since the epoch), by its sender reports. It is false where there is no video or no report yet.
func (p *Peer) MapRTP(at int64) (rtp uint32, ok bool) {
	p.room.mu.Lock()
	camera, screen := p.tracks[Camera], p.tracks[Screen]
	p.room.mu.Unlock()
	for _, t := range []*track{camera, screen} {
		if t == nil {
			continue
		}
		if rtp, ok = t.clock.rtp(at); ok {
			return rtp, true
		}
	}
	return 0, false
}

// Close takes the member out of the room: nothing is forwarded from it or to it any more. It does not wait.
func (p *Peer) Close() {
	if p.room.remove(p) {
		close(p.done)
	}
}

var errLost = errors.New("the connection for media is lost")

// onState watches the connection. What has failed may still be restarted: patience is the negotiation's.
func (p *Peer) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateConnected:
		p.line.connected.Store(true)
		p.room.engine.log(p).Debug("media connected")
	case webrtc.PeerConnectionStateFailed:
		p.line.connected.Store(false)
		p.room.engine.log(p).Debug("media failed")
	case webrtc.PeerConnectionStateClosed:
		p.inbox.failed(errLost)
		return
	default:
		return
	}
	p.inbox.raise(func() {})
}

// fail ends the peer and tells its owner.
func (p *Peer) fail(err error) {
	if !p.room.remove(p) {
		return
	}
	close(p.done)
	p.room.engine.count.failed.Add(1)
	if p.opt.Failed != nil {
		p.room.events.must(func() { p.opt.Failed(err) })
	}
}

// tell sends RTCP to the member; what can't be sent is lost, as RTCP may be.
func (p *Peer) tell(packets ...rtcp.Packet) { _ = p.pc.WriteRTCP(packets) }

// The sources that a member may publish.
const (
	Camera      = "camera"
	Mic         = "mic"
	Screen      = "screen"
	ScreenAudio = "screen-audio"
)

var sourceNames = []string{Camera, Mic, Screen, ScreenAudio}

var sourcesOfScreen = map[string]bool{Screen: true, ScreenAudio: true}

// kindOf tells what a source consists of.
func kindOf(source string) webrtc.RTPCodecType {
	switch source {
	case Camera, Screen:
		return webrtc.RTPCodecTypeVideo
	case Mic, ScreenAudio:
		return webrtc.RTPCodecTypeAudio
	}
	return 0
}

// checkSources refuses what nobody can publish.
func checkSources(sources map[string]string) error {
	if len(sources) > MaxTracks {
		return wire.Err(wire.TooLarge, "A member publishes at most 4 sources.")
	}
	seen := map[string]bool{}
	for _, s := range sources {
		if kindOf(s) == 0 || seen[s] {
			return refused("The sources of an offer are camera, mic, screen and screen-audio, each at most once.")
		}
		seen[s] = true
	}
	return nil
}
