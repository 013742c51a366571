package sfu

import (
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

// Limits of the data channel.
const (
	maxData        = 16 << 10  // bytes a message
	maxDataBacklog = 256 << 10 // bytes that wait for a slow member; then messages to it are dropped
	maxDataRate    = 100       // messages a second from a member; the others are dropped
)

// dataChannel is "wab": negotiated beforehand, as id 1, ordered.
type dataChannel struct {
	dc   *webrtc.DataChannel
	rate budget // of pion's reading goroutine
}

func openData(p *Peer) (*dataChannel, error) {
	negotiated, id, ordered := true, uint16(1), true
	dc, err := p.pc.CreateDataChannel("wab", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id, Ordered: &ordered})
	if err != nil {
		return nil, err
	}
	d := &dataChannel{dc: dc, rate: budget{each: maxDataRate}}
	dc.OnMessage(func(m webrtc.DataChannelMessage) { d.received(p, m) })
	return d, nil
}

func (d *dataChannel) received(p *Peer, m webrtc.DataChannelMessage) {
	if p.room.opt.Data == nil || len(m.Data) > maxData || !d.rate.take(time.Now()) {
		return
	}
	payload := slices.Clone(m.Data)
	p.room.events.post(func() { p.room.opt.Data(p.member, payload) })
}

func (d *dataChannel) send(payload []byte) bool {
	if len(payload) > maxData || d.dc.ReadyState() != webrtc.DataChannelStateOpen || d.dc.BufferedAmount() > maxDataBacklog {
		return false
	}
	return d.dc.Send(payload) == nil
}
