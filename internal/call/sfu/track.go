package sfu

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// receiveMTU is the largest packet that is read.
const receiveMTU = 1500

// track is what a member publishes of one source. Each of its packets goes to all subscribers from the goroutine that reads it.
//
// Simulcast would go here: a layer is a remote track with a history, a keyframe and a rate of its own, a subscriber follows one of
// them, and changes over with a key frame.
type track struct {
	peer   *Peer // who publishes
	source string
	kind   webrtc.RTPCodecType
	ssrc   uint32
	open   atomic.Bool // it may be passed on

	history *history
	key     keyframe
	clock   clockMap
	meter   meter
	bytes   atomic.Uint64

	levelID uint8 // id of the extension for audio levels; 0 none

	mu    sync.Mutex // guards changes of downs
	downs atomic.Pointer[[]*down]
}

// onTrack is called when the first packet of what a member publishes has come.
func (p *Peer) onTrack(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	t := newTrack(p, remote, receiver)
	if t == nil || !p.publishTrack(t) {
		p.drain(remote, receiver)
		return
	}
	p.room.engine.spawn(func() { t.reports(receiver) })
	p.room.engine.spawn(func() { t.read(remote) })
}

// drain reads what nobody may have, so that it does not pile up.
func (p *Peer) drain(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	p.room.engine.spawn(func() {
		buf := make([]byte, receiveMTU)
		for {
			if _, _, err := receiver.Read(buf); err != nil {
				return
			}
		}
	})
	p.room.engine.spawn(func() {
		buf := make([]byte, receiveMTU)
		for {
			if _, _, err := remote.Read(buf); err != nil {
				return
			}
		}
	})
}

// newTrack makes a track of what arrives; nil where it is not announced, or not in a codec that we forward. What was agreed is in the
// receiver's parameters: what OnTrack says itself has been seen to be wrong.
func newTrack(p *Peer, remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) *track {
	source := p.sourceOf(receiver)
	kind := kindOf(source)
	if kind == 0 || kind != remote.Kind() || remote.RID() != "" {
		return nil
	}
	t := &track{peer: p, source: source, kind: kind, ssrc: uint32(remote.SSRC()), history: newHistory(kind)}
	t.clock.clock.Rate = videoClock
	if kind == webrtc.RTPCodecTypeAudio {
		t.clock.clock.Rate = audioClock
	}
	t.downs.Store(&[]*down{})
	params := receiver.GetParameters()
	if !speaks(params.Codecs, t.mime()) {
		return nil
	}
	for _, x := range params.HeaderExtensions {
		if x.URI == sdp.AudioLevelURI {
			t.levelID = uint8(x.ID)
		}
	}
	return t
}

func speaks(codecs []webrtc.RTPCodecParameters, mime string) bool {
	return slices.ContainsFunc(codecs, func(c webrtc.RTPCodecParameters) bool { return strings.EqualFold(c.MimeType, mime) })
}

// sourceOf tells what the member said it publishes on the media section that a receiver belongs to.
func (p *Peer) sourceOf(receiver *webrtc.RTPReceiver) string {
	for _, tr := range p.pc.GetTransceivers() {
		if tr.Receiver() == receiver {
			p.room.mu.Lock()
			defer p.room.mu.Unlock()
			return p.sources[tr.Mid()]
		}
	}
	return ""
}

// publishTrack puts a track where others find it; it takes the place of an earlier one of the same source.
func (p *Peer) publishTrack(t *track) bool {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	if p.gone || p.room.closed {
		return false
	}
	if before := p.tracks[t.source]; before != nil {
		before.open.Store(false)
	}
	p.tracks[t.source] = t
	p.room.engine.count.tracks.Add(1)
	t.open.Store(p.forwards(t.source))
	p.room.changed()
	return true
}

// end takes a track back when nothing more will come.
func (t *track) end() {
	t.open.Store(false)
	p := t.peer
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	p.room.engine.count.tracks.Add(-1)
	if p.tracks[t.source] == t {
		delete(p.tracks, t.source)
		if !p.gone {
			p.room.changed()
		}
	}
}

// path is the stream's name in View, and in descriptions.
func (t *track) path() string { return t.peer.member + "/" + t.source }

// group names what is played in step: camera and mic, screen and its sound.
func (t *track) group() string {
	if sourcesOfScreen[t.source] {
		return t.peer.member + "/shared"
	}
	return t.peer.member
}

func (t *track) mime() string {
	if t.kind == webrtc.RTPCodecTypeAudio {
		return webrtc.MimeTypeOpus
	}
	return webrtc.MimeTypeVP8
}

// gate opens or shuts a track; what opens begins with a key frame.
func (t *track) gate(open bool) {
	if !t.open.Swap(open) && open {
		t.refresh()
	}
}

func (t *track) attach(d *down) {
	t.change(func(all []*down) []*down { return append(slices.Clone(all), d) })
	t.peer.room.engine.count.forwards.Add(1)
	t.refresh()
}

// refresh has the member asked for a key frame, where there are such.
func (t *track) refresh() {
	if t.kind == webrtc.RTPCodecTypeVideo {
		t.key.want()
		t.peer.room.nudge()
	}
}

func (t *track) detach(d *down) {
	t.change(func(all []*down) []*down {
		i := slices.Index(all, d)
		if i < 0 {
			return all
		}
		t.peer.room.engine.count.forwards.Add(-1)
		return slices.Delete(slices.Clone(all), i, i+1)
	})
}

func (t *track) change(f func([]*down) []*down) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := f(*t.downs.Load())
	t.downs.Store(&all)
}

// read passes on what comes until the member stops sending. Nothing here waits for anybody: sockets drop what they can't take.
func (t *track) read(remote *webrtc.TrackRemote) {
	defer t.end()
	buf := make([]byte, receiveMTU)
	var p packet
	for {
		n, _, err := remote.Read(buf)
		if err != nil {
			return
		}
		if p.parse(buf[:n], t.levelID) != nil {
			continue
		}
		t.pass(&p, n, time.Now())
	}
}

func (t *track) pass(p *packet, size int, now time.Time) {
	count := &t.peer.room.engine.count
	count.packetsIn.Add(1)
	count.bytesIn.Add(uint64(size))
	t.bytes.Add(uint64(size))
	if !t.open.Load() {
		return
	}
	if t.kind == webrtc.RTPCodecTypeAudio {
		t.meter.hear(p.level, p.hasLevel, now)
	} else if keyframeBegins(p.payload) {
		t.key.came()
	}
	t.history.keep(p)
	sent := t.peer.room.engine.ports.together()
	out := uint64(0)
	for _, d := range *t.downs.Load() {
		if d.open.Load() && d.pass(p, now) {
			out++
		}
	}
	sent()
	count.packetsOut.Add(out)
	count.bytesOut.Add(out * uint64(len(p.payload)))
}

// askKey asks the member for a key frame.
func (t *track) askKey() {
	t.peer.room.engine.count.keyframes.Add(1)
	t.peer.tell(&rtcp.PictureLossIndication{MediaSSRC: t.ssrc})
}
