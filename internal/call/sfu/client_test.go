package sfu

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4"
	"github.com/pion/webrtc/v4"

	"github.com/wabgo/wab/internal/call/pionlog"
)

// patience is how long tests wait for what must come.
const patience = 20 * time.Second

// client is a member's end: pion in the place of a browser, with the polite side of the negotiation.
type client struct {
	t      *testing.T
	name   string
	ip     string // on a virtual network
	room   *Room
	peer   *Peer
	pc     *webrtc.PeerConnection
	dc     *webrtc.DataChannel
	failed chan error
	mids   int // media sections of its own; of the test's goroutine

	// One lock for all: tests are not in a hurry.
	mu       sync.Mutex
	cut      bool // signals of both directions are lost
	lost     int  // the server's, of which nobody hears
	offered  uint32
	out      bool
	again    bool // an offer is due when the state is stable
	sources  map[string]string
	streams  map[string]Stream
	answered Answer
	lastOut  *Offer
	refusals []Refused
	got      map[Stream]*heard
	messages chan []byte
	work     chan Signal
	missed   int
	crossed  int  // offers that met one of the server's
	deaf     bool // of the client's own goroutine
	done     chan struct{}
	wg       sync.WaitGroup
}

// heard is what came of a stream.
type heard struct {
	mu      sync.Mutex
	packets []rtp.Packet
	seqs    map[uint16]int
	reports []*rtcp.SenderReport
	ssrc    uint32
	track   *webrtc.TrackRemote
	keys    int
}

func clientAPI(t *testing.T, net transport.Net, loopback bool, more ...func(*webrtc.SettingEngine)) *webrtc.API {
	t.Helper()
	m, err := mediaWith(otherWay)
	if err != nil {
		t.Fatal(err)
	}
	r := &interceptor.Registry{}
	ask, _ := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(pionlog.To(silent())))
	answer, _ := nack.NewResponderInterceptor()
	send, _ := report.NewSenderInterceptor(report.SenderInterval(200 * time.Millisecond))
	receive, _ := report.NewReceiverInterceptor()
	stamp, _ := twcc.NewHeaderExtensionInterceptor()
	arrivals, _ := twcc.NewSenderInterceptor(twcc.SendInterval(100*time.Millisecond), twcc.WithLoggerFactory(pionlog.To(silent())))
	for _, i := range []interceptor.Factory{ask, answer, send, receive, stamp, arrivals} {
		r.Add(i)
	}
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(loopback)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICETimeouts(2*time.Second, 4*time.Second, 200*time.Millisecond)
	if net != nil {
		s.SetNet(net)
	}
	for _, set := range more {
		set(&s)
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(s))
}

// otherWay is the way of a header extension from a client's side.
func otherWay(way webrtc.RTPTransceiverDirection) webrtc.RTPTransceiverDirection {
	if way == webrtc.RTPTransceiverDirectionRecvonly {
		return webrtc.RTPTransceiverDirectionSendonly
	}
	return webrtc.RTPTransceiverDirectionRecvonly
}

func join(t *testing.T, room *Room, name string, net transport.Net) *client {
	t.Helper()
	return joinWith(t, room, name, net)
}

// joinWith joins with other settings than usual.
func joinWith(t *testing.T, room *Room, name string, net transport.Net, more ...func(*webrtc.SettingEngine)) *client {
	t.Helper()
	return newClient(t, room, name).joins(clientAPI(t, net, net == nil, more...))
}

func newClient(t *testing.T, room *Room, name string) *client {
	return &client{t: t, name: name, room: room, failed: make(chan error, 1), sources: map[string]string{}, streams: map[string]Stream{},
		got: map[Stream]*heard{}, messages: make(chan []byte, 64), work: make(chan Signal, 256), done: make(chan struct{})}
}

// joinLike joins with other media than usual.
func joinLike(t *testing.T, room *Room, name string, register func(*webrtc.MediaEngine) error) *client {
	t.Helper()
	m := &webrtc.MediaEngine{}
	if err := register(m); err != nil {
		t.Fatal(err)
	}
	s := webrtc.SettingEngine{LoggerFactory: pionlog.To(silent())}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(true)
	return newClient(t, room, name).joins(webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithSettingEngine(s)))
}

func (c *client) joins(api *webrtc.API) *client {
	t := c.t
	t.Helper()
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	c.pc = pc
	negotiated, id := true, uint16(1)
	if c.dc, err = pc.CreateDataChannel("wab", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id}); err != nil {
		t.Fatal(err)
	}
	c.dc.OnMessage(func(m webrtc.DataChannelMessage) { c.messages <- m.Data })
	pc.OnTrack(c.onTrack)
	c.peer, err = c.room.Join(PeerOptions{Member: c.name, Signal: c.deliver, Failed: func(err error) { c.failed <- err }})
	if err != nil {
		_ = pc.Close()
		t.Fatal(err)
	}
	c.wg.Go(c.run)
	t.Cleanup(c.leave)
	return c
}

// problem is an error of the test, unless the client has left.
func (c *client) problem(format string, args ...any) {
	select {
	case <-c.done:
	default:
		c.t.Errorf(format, args...)
	}
}

func (c *client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.done:
		return
	default:
	}
	close(c.done)
	c.peer.Close()
	c.mu.Unlock()
	_ = c.pc.GracefulClose()
	c.wg.Wait()
	c.mu.Lock()
}

// deliver takes a signal of the server's.
func (c *client) deliver(s Signal) {
	c.mu.Lock()
	cut := c.cut
	if cut {
		c.lost++
	}
	c.mu.Unlock()
	if cut {
		return
	}
	select {
	case c.work <- overTheWire(c.t, s):
	default:
		c.problem("%s: too many signals", c.name)
	}
}

// overTheWire is a signal as it arrives.
func overTheWire(t *testing.T, s Signal) Signal {
	b, err := Encode(s)
	if err != nil {
		t.Error(err)
		return s
	}
	s, err = Decode(b)
	if err != nil {
		t.Error(err)
	}
	return s
}

func (c *client) send(s Signal) {
	c.mu.Lock()
	cut := c.cut
	c.mu.Unlock()
	if cut {
		return
	}
	if err := c.peer.Receive(overTheWire(c.t, s)); err != nil {
		c.problem("%s: %v", c.name, err)
	}
}

func (c *client) run() {
	for {
		select {
		case <-c.done:
			return
		case s := <-c.work:
			c.take(s)
		}
	}
}

func (c *client) take(s Signal) {
	switch s := s.(type) {
	case Offer:
		c.takeOffer(s)
	case Answer:
		if c.deaf {
			c.mu.Lock()
			c.missed++
			c.deaf = false
			c.mu.Unlock()
			return
		}
		c.takeAnswer(s)
	case hold:
		close(s.begun)
		<-s.end
	case deaf:
		c.deaf = true
	case Refused:
		c.mu.Lock()
		c.refusals = append(c.refusals, s)
		c.mu.Unlock()
	case again:
		c.offerNow(s.restart)
	}
}

// again is a task for the client's own goroutine: to make an offer.
type again struct {
	head
	restart bool
}

func (s again) tagged() any { return s }

// hold is a task: nothing is taken until end is closed.
type hold struct {
	head
	begun, end chan struct{}
}

func (s hold) tagged() any { return s }

// paused has the client take nothing from now on, until the returned function is called.
func (c *client) paused() (goOn func()) {
	p := hold{begun: make(chan struct{}), end: make(chan struct{})}
	c.work <- p
	<-p.begun
	return func() { close(p.end) }
}

// deaf is a task: the next answer is not heard.
type deaf struct{ head }

func (s deaf) tagged() any { return s }

func (c *client) takeOffer(o Offer) {
	c.mu.Lock()
	if o.N == c.answered.N {
		c.mu.Unlock()
		c.send(c.answered)
		return
	}
	mine := c.out
	c.mu.Unlock()
	c.mu.Lock()
	c.out, c.lastOut = false, nil
	c.streams = o.Streams
	c.mu.Unlock()
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		c.problem("%s: offer of the server: %v", c.name, err)
		return
	}
	d, err := c.pc.CreateAnswer(nil)
	if err != nil {
		c.problem("%s: answer: %v", c.name, err)
		return
	}
	sdp := c.describe(d)
	c.mu.Lock()
	c.answered = Answer{N: o.N, SDP: sdp}
	c.mu.Unlock()
	c.send(c.answered)
	if mine {
		c.mu.Lock()
		c.crossed++
		c.mu.Unlock()
		c.offerNow(false)
	}
}

func (c *client) describe(d webrtc.SessionDescription) string {
	gathered := webrtc.GatheringCompletePromise(c.pc)
	if err := c.pc.SetLocalDescription(d); err != nil {
		c.problem("%s: %v", c.name, err)
		return ""
	}
	select {
	case <-gathered:
	case <-c.done:
	}
	return c.pc.LocalDescription().SDP
}

func (c *client) takeAnswer(a Answer) {
	c.mu.Lock()
	stale := !c.out || a.N != c.offered
	due, mine := c.again, c.lastOut
	if !stale {
		c.out, c.lastOut, c.again = false, nil, false
	}
	c.mu.Unlock()
	if stale {
		return
	}
	if err := c.pc.SetLocalDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: mine.SDP}); err != nil {
		c.problem("%s: own offer: %v", c.name, err)
		return
	}
	if err := c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: a.SDP}); err != nil {
		c.problem("%s: answer of the server: %v", c.name, err)
	}
	if due {
		c.offerNow(false)
	}
}

// offer has the client make an offer when it can.
func (c *client) offer() { c.work <- again{} }

func (c *client) offerNow(restart bool) {
	c.mu.Lock()
	if c.out {
		c.again = true
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	d, err := c.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: restart})
	if err != nil {
		c.problem("%s: %v", c.name, err)
		return
	}
	// pion can't take an offer back, so it is not set before it is answered. Without candidates in it, the server learns of them as
	// they try it.
	sources := map[string]string{}
	for _, tr := range c.pc.GetTransceivers() {
		if tr.Sender() != nil && tr.Sender().Track() != nil {
			sources[tr.Mid()] = tr.Sender().Track().ID()
		}
	}
	c.mu.Lock()
	c.offered++
	c.out = true
	c.lastOut = &Offer{N: c.offered, SDP: d.SDP, Sources: sources}
	o := *c.lastOut
	c.mu.Unlock()
	c.send(o)
}

// resume does what both ends do when the line is back.
func (c *client) resume() {
	c.mu.Lock()
	c.cut = false
	out, answered := c.lastOut, c.answered
	c.mu.Unlock()
	c.peer.Resume()
	if answered.N > 0 {
		c.send(answered)
	}
	if out != nil {
		c.send(*out)
	}
}

func (c *client) lose() {
	c.mu.Lock()
	c.cut = true
	c.mu.Unlock()
}

func (c *client) onTrack(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	var mid string
	for _, tr := range c.pc.GetTransceivers() {
		if tr.Receiver() == receiver {
			mid = tr.Mid()
		}
	}
	h := &heard{seqs: map[uint16]int{}, ssrc: uint32(remote.SSRC()), track: remote}
	c.mu.Lock()
	c.got[c.streams[mid]] = h
	c.mu.Unlock()
	c.wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, _, err := receiver.Read(buf)
			if err != nil {
				return
			}
			if r := senderReport(buf[:n], h.ssrc); r != nil {
				h.mu.Lock()
				h.reports = append(h.reports, r)
				h.mu.Unlock()
			}
		}
	})
	for {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		h.mu.Lock()
		h.seqs[p.SequenceNumber]++
		if remote.Kind() == webrtc.RTPCodecTypeVideo && keyframeBegins(p.Payload) {
			h.keys++
		}
		h.packets = append(h.packets, *p)
		h.mu.Unlock()
	}
}

func (c *client) stream(s Stream) *heard {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.got[s]
}

// hears waits until n packets of a stream have come.
func (c *client) hears(member, source string, n int) *heard {
	c.t.Helper()
	var h *heard
	eventually(c.t, c.name+" hears "+member+"/"+source, func() bool {
		h = c.stream(Stream{member, source})
		return h != nil && h.count() >= n
	})
	return h
}

// heardAfter tells whether a packet with a later number than this has come.
func (h *heard) heardAfter(seq uint16) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(h.packets, func(p rtp.Packet) bool { return int16(p.SequenceNumber-seq) > 0 })
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.packets)
}
