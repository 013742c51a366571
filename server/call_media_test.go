package server

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"
	"github.com/pion/webrtc/v4/pkg/media"

	"github.com/wabgo/wab/internal/call/sfu"
)

// A studio is a guest's media: pion in a browser's place. It offers once, before the server does, and answers from then on.
type studio struct {
	g        *guest
	pc       *webrtc.PeerConnection
	received atomic.Int64 // packets of others
	filmed   atomic.Int64 // pictures that were sent
}

// open connects the guest's media; camera tells whether it sends a picture.
func (g *guest) open(camera bool) *studio {
	g.s.t.Helper()
	t := g.s.t
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(set)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	w := &studio{g: g, pc: pc}
	t.Cleanup(func() { pc.Close() })
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			w.received.Add(1)
		}
	})
	yes, id := true, uint16(1)
	if _, err := pc.CreateDataChannel("wab", &webrtc.DataChannelInit{Negotiated: &yes, ID: &id}); err != nil {
		t.Fatal(err)
	}
	sources := map[string]string{}
	if camera {
		w.film()
		sources["1"] = "camera"
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	if camera {
		sources = map[string]string{pc.GetTransceivers()[0].Mid(): "camera"}
	}
	w.send(map[string]any{"t": "offer", "n": 1, "sdp": pc.LocalDescription().SDP, "sources": sources})
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go w.negotiate(done)
	return w
}

// film sends pictures until the connection is closed.
func (w *studio) film() {
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "camera", "camera")
	if err == nil {
		_, err = w.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	}
	if err != nil {
		w.g.s.t.Fatal(err)
	}
	go func() {
		ticks := time.NewTicker(20 * time.Millisecond)
		defer ticks.Stop()
		for range ticks.C {
			if w.pc.ConnectionState() == webrtc.PeerConnectionStateClosed {
				return
			}
			_ = track.WriteSample(media.Sample{Data: make([]byte, 600), Duration: 20 * time.Millisecond}) // the first byte, 0, says key frame
			w.filmed.Add(1)
		}
	}()
}

func (w *studio) send(v any) {
	if err := w.g.call.Send(v); err != nil {
		w.g.s.t.Log("not said: ", err)
	}
}

// negotiate follows what the server says.
func (w *studio) negotiate(done <-chan struct{}) {
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for read := 0; ; {
		select {
		case <-done:
			return
		case <-ticks.C:
		}
		w.g.mu.Lock()
		fresh := w.g.heard[read:]
		read = len(w.g.heard)
		w.g.mu.Unlock()
		for _, sig := range fresh {
			w.take(sig)
		}
	}
}

func (w *studio) take(sig sfu.Signal) {
	switch sig := sig.(type) {
	case sfu.Answer:
		if err := w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sig.SDP}); err != nil {
			w.g.s.t.Log("answer: ", err)
		}
	case sfu.Offer:
		if err := w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sig.SDP}); err != nil {
			w.g.s.t.Log("offer: ", err)
			return
		}
		answer, err := w.pc.CreateAnswer(nil)
		if err == nil {
			err = w.pc.SetLocalDescription(answer)
		}
		if err != nil {
			w.g.s.t.Log("answering: ", err)
			return
		}
		w.send(map[string]any{"t": "answer", "n": sig.N, "sdp": w.pc.LocalDescription().SDP})
	}
}

// flows waits until pictures come, or until none have come while somebody has sent 25.
func (w *studio) flows(somebody *studio, want bool) {
	w.g.s.t.Helper()
	last, filmed := w.received.Load(), somebody.filmed.Load()
	w.g.s.until("pictures flow as they should", func() bool {
		n := w.received.Load()
		if want {
			return n >= last+10
		}
		if n != last {
			last, filmed = n, somebody.filmed.Load()
		}
		return somebody.filmed.Load() >= filmed+25
	})
}

func TestCALL1_PicturesFlowAsPolicySays(t *testing.T) {
	s := newHall(t)
	s.want("alice", "hall/alice/home/Open", "[]", "null")
	s.want("alice", "hall/alice/home/Admit", `["bob"]`, "null")
	s.want("alice", "hall/alice/home/Watch", `["carol"]`, "null")
	bob := s.joins("bob", "B").open(true)
	carol := s.joins("carol", "C").open(true)
	carol.flows(bob, true)
	bob.flows(carol, false) // carol may only watch
	s.want("alice", "hall/alice/home/Mute", `["bob",["camera"]]`, "null")
	carol.flows(bob, false)
	s.want("alice", "hall/alice/home/Unmute", `["bob"]`, "null")
	carol.flows(bob, true)
	s.want("alice", "hall/alice/home/Admit", `["carol"]`, "null")
	bob.flows(carol, true)
	s.want("alice", "hall/alice/home/Remove", `["carol"]`, "null")
	bob.flows(bob, false)
}
