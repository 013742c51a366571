package sfu

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// down is a track on its way to one member: a webrtc.TrackLocal.
type down struct {
	track *track
	peer  *Peer // the member that receives
	open  atomic.Bool

	// Set by Bind, before the track knows of it.
	out      webrtc.TrackLocalWriter
	ssrc     uint32
	payload  uint8
	sendTime uint8 // id of the extension for the instant of sending; 0 none

	first, again outgoing // of the track's goroutine, and of the one that reads the member's reports

	flows   bool   // something has been sent; of the track's goroutine
	repairs budget // of the goroutine that reads reports, as buf
	buf     []byte

	packets, bytes atomic.Uint64
}

func newDown(p *Peer, t *track) *down {
	d := &down{track: t, peer: p, repairs: budget{each: maxRepairs}}
	d.open.Store(!p.hides(t))
	return d
}

// ID is the track's name in descriptions; StreamID groups what is to be played in step.
func (d *down) ID() string                { return d.track.path() }
func (d *down) StreamID() string          { return d.track.group() }
func (d *down) RID() string               { return "" }
func (d *down) Kind() webrtc.RTPCodecType { return d.track.kind }

var errCodec = errors.New("the member does not take the codec")

// Bind is called when the member has agreed to receive.
func (d *down) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	for _, codec := range c.CodecParameters() {
		if !strings.EqualFold(codec.MimeType, d.track.mime()) {
			continue
		}
		d.out, d.ssrc, d.payload = c.WriteStream(), uint32(c.SSRC()), uint8(codec.PayloadType)
		for _, x := range c.HeaderExtensions() {
			if x.URI == sdp.ABSSendTimeURI && x.ID > 0 && x.ID < 15 {
				d.sendTime = uint8(x.ID)
			}
		}
		d.first, d.again = d.newOutgoing(), d.newOutgoing()
		d.track.attach(d)
		return codec, nil
	}
	return webrtc.RTPCodecParameters{}, errCodec
}

// Unbind is called when the sender stops.
func (d *down) Unbind(webrtc.TrackLocalContext) error {
	d.close()
	return nil
}

func (d *down) close() {
	d.open.Store(false)
	d.track.detach(d)
}

// outgoing is the header with which one goroutine sends, made once.
type outgoing struct {
	header rtp.Header
	sent   []byte // the instant of sending in it; nil without
}

func (d *down) newOutgoing() (o outgoing) {
	o.header = rtp.Header{Version: 2, PayloadType: d.payload, SSRC: d.ssrc}
	if d.sendTime != 0 {
		_ = o.header.SetExtension(d.sendTime, make([]byte, 3)) // of three bytes, with an id below 15: can't fail
		o.sent = o.header.GetExtension(d.sendTime)
	}
	return o
}

// send passes a packet on: as it came, but for the SSRC, the payload type and the extensions, which are the connection's own.
func (d *down) send(o *outgoing, p *packet, now time.Time) bool {
	o.header.Marker, o.header.SequenceNumber, o.header.Timestamp = p.marker, p.seq, p.ts
	if o.sent != nil {
		t := absSendTime(now)
		o.sent[0], o.sent[1], o.sent[2] = byte(t>>16), byte(t>>8), byte(t)
	}
	n, err := d.out.WriteRTP(&o.header, p.payload)
	if err != nil || n == 0 {
		return false // not connected yet, or not any more
	}
	d.packets.Add(1)
	d.bytes.Add(uint64(len(p.payload)))
	d.peer.line.sent.Add(uint64(n))
	return true
}

// pass sends what the publisher sends. The first packet that leaves has a key frame follow: before that, the member was not connected,
// and may have missed one.
func (d *down) pass(p *packet, now time.Time) bool {
	if !d.send(&d.first, p, now) {
		return false
	}
	if !d.flows {
		d.flows = true
		d.track.refresh()
	}
	return true
}

// absSendTime is an instant as 24 bits: seconds, modulo 64, with 18 bits of fraction.
func absSendTime(t time.Time) uint32 {
	return uint32(uint64(t.UnixNano()) % 64e9 << 18 / 1e9)
}

// run reads what the member reports about the track until the sender stops.
func (d *down) run(sender *webrtc.RTPSender) {
	d.peer.room.engine.running.Go(func() {
		buf := make([]byte, receiveMTU)
		for {
			n, _, err := sender.Read(buf)
			if errors.Is(err, io.ErrShortBuffer) {
				continue
			}
			if err != nil {
				return
			}
			d.report(buf[:n], time.Now())
		}
	})
}
