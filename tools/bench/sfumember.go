package main

import (
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/wabgo/wab/internal/call/sfu"
)

// sfuMember is a member of a call: pion, which reports as browsers do.
type sfuMember struct {
	pc    *webrtc.PeerConnection
	line  net.Conn
	track *webrtc.TrackLocalStaticRTP // of the publisher
	heard atomic.Int64
	ended chan struct{}
}

func memberAPI() (*webrtc.API, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	r := &interceptor.Registry{}
	if err := errors.Join(webrtc.ConfigureNack(m, r), webrtc.ConfigureTWCCHeaderExtensionSender(m, r)); err != nil {
		return nil, err
	}
	if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.ABSSendTimeURI}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(s)), nil
}

// joinSFU joins the engine at an address; what a subscriber receives is counted in arrived.
func joinSFU(addr, name string, publishes bool, arrived *atomic.Int64) (*sfuMember, error) {
	api, err := memberAPI()
	if err != nil {
		return nil, err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	m := &sfuMember{pc: pc, ended: make(chan struct{})}
	negotiated, id := true, uint16(1)
	if _, err := pc.CreateDataChannel("wab", &webrtc.DataChannelInit{Negotiated: &negotiated, ID: &id}); err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	if publishes {
		if err := m.publish(); err != nil {
			return nil, errors.Join(err, pc.Close())
		}
	}
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		m.hear(t, arrived)
	})
	if m.line, err = net.Dial("tcp", addr); err != nil {
		return nil, errors.Join(err, pc.Close())
	}
	if err := m.begin(name, publishes); err != nil {
		return nil, errors.Join(err, m.line.Close(), pc.Close())
	}
	go func() {
		defer close(m.ended)
		for m.answer() == nil {
		}
	}()
	return m, nil
}

// hear counts what comes, and reports once a second, with an estimate of the line, as browsers do.
func (m *sfuMember) hear(t *webrtc.TrackRemote, arrived *atomic.Int64) {
	buf := make([]byte, 1500)
	var told time.Time
	for {
		n, _, err := t.Read(buf)
		if err != nil {
			return
		}
		m.heard.Add(1)
		arrived.Add(1)
		if now := time.Now(); now.Sub(told) > time.Second {
			told = now
			_ = m.pc.WriteRTCP(goodReport(uint32(t.SSRC()), buf[:n]))
		}
	}
}

// goodReport says that nothing is lost of a stream, of which a packet is given, and that there is room for it.
func goodReport(ssrc uint32, packet []byte) []rtcp.Packet {
	last := uint32(binary.BigEndian.Uint16(packet[2:]))
	return []rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: ssrc, LastSequenceNumber: last}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{SenderSSRC: 1, Bitrate: 2e6, SSRCs: []uint32{ssrc}},
	}
}

func (m *sfuMember) publish() (err error) {
	if m.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000}, "camera", "bench"); err != nil {
		return err
	}
	tr, err := m.pc.AddTransceiverFromTrack(m.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 1500)
		for {
			if _, _, err := tr.Sender().Read(buf); err != nil {
				return
			}
		}
	}()
	return nil
}

// begin makes the first offer, and takes the answer to it.
func (m *sfuMember) begin(name string, publishes bool) error {
	if err := writeFramed(m.line, []byte(name)); err != nil {
		return err
	}
	d, err := m.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	o := sfu.Offer{N: 1}
	if o.SDP, err = m.describe(d); err != nil {
		return err
	}
	if publishes {
		o.Sources = map[string]string{m.pc.GetTransceivers()[0].Mid(): sfu.Camera}
	}
	if err := writeSignal(m.line, o); err != nil {
		return err
	}
	return m.answer()
}

func (m *sfuMember) describe(d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(m.pc)
	if err := m.pc.SetLocalDescription(d); err != nil {
		return "", err
	}
	<-gathered
	return m.pc.LocalDescription().SDP, nil
}

// answer takes one signal of the server's.
func (m *sfuMember) answer() error {
	b, err := readSignal(m.line)
	if err != nil {
		return err
	}
	s, err := sfu.Decode(b)
	if err != nil {
		return err
	}
	switch s := s.(type) {
	case sfu.Answer:
		return m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: s.SDP})
	case sfu.Offer:
		return m.accept(s)
	case sfu.Refused:
		return errors.New(s.Message)
	}
	return nil
}

func (m *sfuMember) accept(o sfu.Offer) error {
	if err := m.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return err
	}
	d, err := m.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	a := sfu.Answer{N: o.N}
	if a.SDP, err = m.describe(d); err != nil {
		return err
	}
	return writeSignal(m.line, a)
}

func (m *sfuMember) close() error {
	err := errors.Join(m.line.Close(), m.pc.Close())
	<-m.ended
	return err
}
