package sfu

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// publisher sends a source.
type publisher struct {
	track  *webrtc.TrackLocalStaticRTP
	sender *webrtc.RTPSender
	plis   chan struct{}
	rembs  chan float32

	mu    sync.Mutex
	seq   uint16
	ts    uint32
	key   bool // the next frame is a key frame
	sent  []rtp.Packet
	level uint8
}

// publish adds a source to what the client sends; the client has to make an offer then.
func (c *client) publish(source string) *publisher {
	c.t.Helper()
	codec, p := videoCodec, &publisher{plis: make(chan struct{}, 256), rembs: make(chan float32, 256), seq: uint16(rand.Uint32()), ts: rand.Uint32(), key: true, level: 30}
	if kindOf(source) == webrtc.RTPCodecTypeAudio {
		codec = audioCodec
	}
	var err error
	if p.track, err = webrtc.NewTrackLocalStaticRTP(codec.RTPCodecCapability, source, c.name); err != nil {
		c.t.Fatal(err)
	}
	tr, err := c.pc.AddTransceiverFromTrack(p.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		c.t.Fatal(err)
	}
	// A browser takes back the mids of an offer that was passed over, pion can't: those of its own never are the server's.
	c.mids++
	if err := tr.SetMid(fmt.Sprint("own-", c.mids)); err != nil {
		c.t.Fatal(err)
	}
	p.sender = tr.Sender()
	c.wg.Go(func() { p.listen() })
	return p
}

func (p *publisher) listen() {
	for {
		packets, _, err := p.sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, r := range packets {
			switch r := r.(type) {
			case *rtcp.PictureLossIndication:
				p.mu.Lock()
				p.key = true
				p.mu.Unlock()
				p.plis <- struct{}{}
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				select {
				case p.rembs <- r.Bitrate:
				default:
				}
			}
		}
	}
}

// frame sends one packet of a frame of 33 ms (video) or 20 ms (audio).
func (p *publisher) frame() {
	p.mu.Lock()
	payload := make([]byte, 200)
	step := uint32(audioClock / 50)
	if p.track.Kind() == webrtc.RTPCodecTypeVideo {
		step = videoClock / 30
		payload[0] = 0x10
		payload[1] = 1
		if p.key {
			payload[1] = 0
			p.key = false
		}
	}
	p.seq++
	p.ts += step
	packet := rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: p.seq, Timestamp: p.ts, Marker: true}, Payload: payload}
	p.sent = append(p.sent, packet)
	loud := p.level
	p.mu.Unlock()
	if p.track.Kind() == webrtc.RTPCodecTypeAudio {
		level := rtp.AudioLevelExtension{Level: loud, Voice: loud < silence}
		b, _ := level.Marshal()
		for _, x := range p.sender.GetParameters().HeaderExtensions {
			if x.URI == "urn:ietf:params:rtp-hdrext:ssrc-audio-level" {
				_ = packet.SetExtension(uint8(x.ID), b)
			}
		}
	}
	_ = p.track.WriteRTP(&packet)
}

// last is the number of the last packet that was sent.
func (p *publisher) last() uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seq
}

// flow sends frames until the client leaves or the returned function is called.
func (c *client) flow(p *publisher) (stop func()) {
	quit, once := make(chan struct{}), sync.Once{}
	stop = func() { once.Do(func() { close(quit) }) }
	every := 20 * time.Millisecond
	c.wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.frame()
			case <-quit:
				return
			case <-c.done:
				return
			}
		}
	})
	return stop
}
