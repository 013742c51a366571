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
	sequence uint8 // id of the extension for transport-wide sequence numbers; 0 none

	first, again outgoing // of the track's goroutine, and of the one that reads the member's reports

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
			if x.URI == sdp.TransportCCURI && x.ID > 0 && x.ID < 15 {
				d.sequence = uint8(x.ID)
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
	number []byte // the transport-wide sequence number in it; nil without
}

func (d *down) newOutgoing() (o outgoing) {
	o.header = rtp.Header{Version: 2, PayloadType: d.payload, SSRC: d.ssrc}
	if d.sequence != 0 {
		o.number = make([]byte, 2)
		_ = o.header.SetExtension(d.sequence, o.number) // of two bytes, with an id below 15: can't fail
		o.number = o.header.GetExtension(d.sequence)
	}
	return o
}

// send passes a packet on: as it came, but for the SSRC, the payload type and the extensions, which are the connection's own.
func (d *down) send(o *outgoing, p *packet, now time.Time) bool {
	o.header.Marker, o.header.SequenceNumber, o.header.Timestamp = p.marker, p.seq, p.ts
	if o.number != nil {
		n := d.peer.line.sent(len(p.payload), now)
		o.number[0], o.number[1] = byte(n>>8), byte(n)
	}
	n, err := d.out.WriteRTP(&o.header, p.payload)
	if err != nil || n == 0 {
		return false // not connected yet, or not any more
	}
	d.packets.Add(1)
	d.bytes.Add(uint64(len(p.payload)))
	return true
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
