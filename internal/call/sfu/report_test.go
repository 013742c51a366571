package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/wabgo/wab/internal/timeline"
)

func TestSenderReportsAreForwardedAsTheStreamsOwn(t *testing.T) {
	_, bob, _, camera, _ := trio(t, RoomOptions{})
	h := bob.stream(Stream{"alice", Camera})
	eventually(t, "two reports come", func() bool { h.mu.Lock(); defer h.mu.Unlock(); return len(h.reports) > 1 })
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.reports[len(h.reports)-1]
	if r.SSRC != h.ssrc || r.PacketCount == 0 || r.OctetCount == 0 {
		t.Errorf("%+v is not about %d", r, h.ssrc)
	}
	camera.mu.Lock()
	defer camera.mu.Unlock()
	// The publisher's report says which timestamp its packets bear now: near the last one that was sent.
	if d := int32(r.RTPTime - camera.ts); d > 5*videoClock || d < -5*videoClock {
		t.Errorf("the report's timestamp is %d, the stream's %d", r.RTPTime, camera.ts)
	}
	if at := timeline.FromNTP(r.NTPTime); time.Since(time.UnixMicro(at)).Abs() > time.Minute {
		t.Errorf("the report's instant is %v", time.UnixMicro(at))
	}
}

func TestMapRTPByReports(t *testing.T) {
	alice, bob, _, camera, _ := trio(t, RoomOptions{})
	if _, ok := bob.peer.MapRTP(time.Now().UnixMicro()); ok {
		t.Error("bob has no video")
	}
	var stamp uint32
	eventually(t, "a report has come", func() (ok bool) { stamp, ok = alice.peer.MapRTP(time.Now().UnixMicro()); return ok })
	camera.mu.Lock()
	defer camera.mu.Unlock()
	if d := int32(stamp - camera.ts); d > 5*videoClock || d < -5*videoClock {
		t.Errorf("mapped to %d, the last packet bears %d", stamp, camera.ts)
	}
}

func TestKeyframesAreAskedForOnceInAWhile(t *testing.T) {
	alice, bob, carol, camera, _ := trio(t, RoomOptions{})
	h, g := bob.stream(Stream{"alice", Camera}), carol.stream(Stream{"alice", Camera})
	drain(camera.plis)
	start := time.Now()
	ask := func() {
		_ = bob.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: h.ssrc}})
		_ = carol.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: g.ssrc}})
	}
	for range 50 {
		ask()
	}
	// A key frame that was asked for before may still come, and then all of these are served.
	eventually(t, "alice is asked", func() bool { ask(); return len(camera.plis) > 0 })
	<-alice.sees(camera, 20)
	if n, most := drain(camera.plis), 2+int(time.Since(start)/keyframeEvery); n > most {
		t.Errorf("alice was asked %d times in %v", n, time.Since(start))
	}
}

// sees waits until n more frames have been sent.
func (c *client) sees(p *publisher, n uint16) <-chan struct{} {
	done := make(chan struct{})
	p.mu.Lock()
	from := p.seq
	p.mu.Unlock()
	eventually(c.t, "frames are sent", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.seq-from >= n })
	close(done)
	return done
}

func drain(c chan struct{}) (n int) {
	for {
		select {
		case <-c:
			n++
		default:
			return n
		}
	}
}

func TestReceiversEstimatesReachThePublisher(t *testing.T) {
	_, bob, carol, camera, _ := trio(t, RoomOptions{}) // of some 80 kbit/s
	tell := func(c *client, bitrate float32) {
		h := c.stream(Stream{"alice", Camera})
		_ = c.pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: bitrate, SSRCs: []uint32{h.ssrc}}})
	}
	told := func() float32 {
		select {
		case b := <-camera.rembs:
			return b
		default:
			return 0
		}
	}
	eventually(t, "alice hears that all is well", func() bool { return told() >= maxBitrate })
	eventually(t, "carol's line decides", func() bool {
		tell(bob, 2_000_000)
		tell(carol, 10_000)
		b := told()
		return b >= minBitrate && b < maxBitrate/slowest+2*audioBitrate
	})
}

func TestDataChannel(t *testing.T) {
	type message struct {
		member  string
		payload string
	}
	got := make(chan message, 16)
	alice, bob, _, _, _ := trio(t, RoomOptions{Data: func(member string, payload []byte) { got <- message{member, string(payload)} }})
	eventually(t, "the channel is open", func() bool { return bob.peer.Data([]byte("hello")) })
	if b := <-bob.messages; string(b) != "hello" {
		t.Errorf("bob got %q", b)
	}
	eventually(t, "alice's channel is open", func() bool { return alice.dc.Send([]byte("to all")) == nil })
	if m := <-got; m != (message{"alice", "to all"}) {
		t.Errorf("got %v", m)
	}
	if bob.peer.Data(make([]byte, maxData+1)) {
		t.Error("a message that is too large was sent")
	}
}

func TestLevelsAreTold(t *testing.T) {
	active := make(chan string, 64)
	_, _, _, _, mic := trio(t, RoomOptions{Levels: func(_ []Level, a string) { active <- a }})
	eventually(t, "alice speaks", func() bool { return <-active == "alice" })
	mic.mu.Lock()
	mic.level = silence
	mic.mu.Unlock()
	eventually(t, "nobody speaks", func() bool { return <-active == "" })
}
