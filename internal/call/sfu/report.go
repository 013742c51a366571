package sfu

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// reports reads the publisher's RTCP until it stops sending: its sender reports go to all subscribers.
func (t *track) reports(receiver *webrtc.RTPReceiver) {
	buf := make([]byte, receiveMTU)
	for {
		n, _, err := receiver.Read(buf)
		if err != nil {
			return
		}
		if r := senderReport(buf[:n], t.ssrc); r != nil {
			t.reported(r, time.Now())
		}
	}
}

// senderReport finds the report about a stream in a compound packet; nil where there is none or the packet is malformed.
func senderReport(b []byte, ssrc uint32) *rtcp.SenderReport {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return nil
	}
	for _, p := range packets {
		if r, ok := p.(*rtcp.SenderReport); ok && r.SSRC == ssrc {
			return r
		}
	}
	return nil
}

func (t *track) reported(r *rtcp.SenderReport, now time.Time) {
	t.clock.heard(r.NTPTime, r.RTPTime, now.UnixMicro(), t.peer.delay())
	if !t.open.Load() {
		return
	}
	for _, d := range *t.downs.Load() {
		if d.open.Load() {
			d.peer.tell(d.forward(r)...)
		}
	}
}

// forward makes a sender report that of the stream to one member: what the publisher says of time, what we say of counts. The name
// (CNAME) tells which streams share a clock.
func (d *down) forward(r *rtcp.SenderReport) []rtcp.Packet {
	return []rtcp.Packet{
		&rtcp.SenderReport{SSRC: d.ssrc, NTPTime: r.NTPTime, RTPTime: r.RTPTime, PacketCount: uint32(d.packets.Load()), OctetCount: uint32(d.bytes.Load())},
		rtcp.NewCNAMESourceDescription(d.ssrc, d.track.peer.member),
	}
}

// report takes what a member says about a track that is sent to it. What is malformed is passed over.
func (d *down) report(b []byte, now time.Time) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
			d.track.refresh()
		case *rtcp.TransportLayerNack:
			d.repair(p, now)
		case *rtcp.ReceiverEstimatedMaximumBitrate:
			d.peer.room.engine.count.estimates.Add(1)
			d.peer.line.told(float64(p.Bitrate))
		case *rtcp.ReceiverReport:
			d.lost(p.Reports)
		case *rtcp.SenderReport:
			d.lost(p.Reports)
		}
	}
}

// lost takes what a member says has been lost of the track.
func (d *down) lost(reports []rtcp.ReceptionReport) {
	for _, r := range reports {
		if r.SSRC == d.ssrc && d.track.kind == webrtc.RTPCodecTypeVideo {
			d.peer.line.lost(float64(r.FractionLost) / 256)
		}
	}
}

// maxRepairs is how many packets a member gets again in a second: a few times what is lost on a bad line. A report may ask for
// thousands.
const maxRepairs = 500

// repair sends again what the member misses and the history still has.
func (d *down) repair(n *rtcp.TransportLayerNack, now time.Time) {
	if !d.open.Load() {
		return
	}
	for i := range n.Nacks {
		n.Nacks[i].Range(func(seq uint16) bool {
			if !d.repairs.take(now) {
				return false
			}
			var p packet
			var ok bool
			if d.buf, ok = d.track.history.get(seq, &p, d.buf); ok {
				d.peer.room.engine.count.repairs.Add(1)
				d.send(&d.again, &p, now)
			}
			return true
		})
	}
}

// budget is how often something may be done in a second.
type budget struct {
	each  int
	since time.Time
	used  int
}

func (b *budget) take(now time.Time) bool {
	if now.Sub(b.since) >= time.Second {
		b.since, b.used = now, 0
	}
	b.used++
	return b.used <= b.each
}
