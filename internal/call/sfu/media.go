package sfu

import (
	"slices"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"github.com/pion/dtls/v3"

	"github.com/wabgo/wab/internal/call/pionlog"
)

// Codecs, and what is fed back about them.
const (
	videoClock = 90_000
	audioClock = 48_000
)

var videoCodec = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: videoClock,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	},
	PayloadType: 96,
}

var audioCodec = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: audioClock, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}},
	},
	PayloadType: 111,
}

// extensions are the header extensions, by the way that a packet goes. What comes in is numbered across a connection, so that publishers
// hear what arrives when (transport-cc) and control their own rate. What goes out bears the instant of sending instead (abs-send-time),
// of which receivers make an estimate themselves (REMB), a few a second at most: transport-cc would have each report 10 to 20 times a
// second, which costs more than the packets.
var extensions = []struct {
	uri   string
	way   webrtc.RTPTransceiverDirection
	kinds []webrtc.RTPCodecType
}{
	{sdp.SDESMidURI, webrtc.RTPTransceiverDirectionRecvonly, both},
	{sdp.TransportCCURI, webrtc.RTPTransceiverDirectionRecvonly, both},
	{sdp.AudioLevelURI, webrtc.RTPTransceiverDirectionRecvonly, both[:1]},
	{sdp.ABSSendTimeURI, webrtc.RTPTransceiverDirectionSendonly, both},
}

var both = []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo}

// newMedia is what we speak: VP8 and Opus, without RTX: retransmissions bear the stream's own SSRC.
func newMedia() (*webrtc.MediaEngine, error) {
	return mediaWith(func(way webrtc.RTPTransceiverDirection) webrtc.RTPTransceiverDirection { return way })
}

// mediaWith turns the ways of the extensions as told.
func mediaWith(turn func(webrtc.RTPTransceiverDirection) webrtc.RTPTransceiverDirection) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	if err := m.RegisterCodec(videoCodec, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	if err := m.RegisterCodec(audioCodec, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	for _, x := range extensions {
		for _, kind := range x.kinds {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: x.uri}, kind, turn(x.way)); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// sendCodecs are the codecs without the feedback that belongs to transport-cc.
func sendCodecs(kind webrtc.RTPCodecType) []webrtc.RTPCodecParameters {
	c := videoCodec
	if kind == webrtc.RTPCodecTypeAudio {
		c = audioCodec
	}
	c.RTCPFeedback = slices.DeleteFunc(slices.Clone(c.RTCPFeedback), func(f webrtc.RTCPFeedback) bool { return f.Type == webrtc.TypeRTCPFBTransportCC })
	c.PayloadType = 0 // as negotiated
	return []webrtc.RTPCodecParameters{c}
}

// feedbackEvery is how often a publisher hears what has arrived (transport-wide congestion control).
const feedbackEvery = 100 * time.Millisecond

// newInterceptors are those of the way in: what is lost is asked for again, arrivals are told, receiver reports are made. On the way
// out there are none: the packages' own history answers what subscribers miss, and sender reports are the publisher's.
func newInterceptors(log logging.LoggerFactory) (*interceptor.Registry, error) {
	r := &interceptor.Registry{}
	ask, err := nack.NewGeneratorInterceptor(nack.WithGeneratorLoggerFactory(log))
	if err != nil {
		return nil, err
	}
	arrivals, err := twcc.NewSenderInterceptor(twcc.SendInterval(feedbackEvery), twcc.WithLoggerFactory(log))
	if err != nil {
		return nil, err
	}
	reports, err := report.NewReceiverInterceptor(report.WithReceiverLoggerFactory(log))
	if err != nil {
		return nil, err
	}
	r.Add(lazy{ask})
	r.Add(lazy{arrivals})
	r.Add(lazy{reports})
	return r, nil
}

// ICE's clocks: clients check their connection every 2 to 5 s, so we need not; what is silent for long has failed.
const (
	iceKeepalive = 4 * time.Second
	iceSilent    = 10 * time.Second
	iceFailed    = 15 * time.Second // after that
)

// newAPI puts pion together over the ports of an engine.
func newAPI(o Options, p *ports) (*webrtc.API, error) {
	media, err := newMedia()
	if err != nil {
		return nil, err
	}
	interceptors, err := newInterceptors(pionlog.To(o.Log))
	if err != nil {
		return nil, err
	}
	s := webrtc.SettingEngine{LoggerFactory: pionlog.To(o.Log)}
	s.SetICEUDPMux(p.udpMux)
	kinds := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if p.tcpMux != nil {
		s.SetICETCPMux(p.tcpMux)
		kinds = append(kinds, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	s.SetNetworkTypes(kinds)
	s.DisableActiveTCP(true)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetIncludeLoopbackCandidate(o.Loopback)
	s.SetICETimeouts(iceSilent, iceFailed, iceKeepalive)
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	s.SetSCTPMaxReceiveBufferSize(maxDataBacklog)
	s.SetSCTPMaxMessageSize(maxData)
	if o.Net != nil {
		s.SetNet(o.Net)
	}
	if len(o.PublicIPs) > 0 {
		if err := s.SetICEAddressRewriteRules(publicAddresses(o)); err != nil {
			return nil, err
		}
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(s)), nil
}

// publicAddresses has candidates bear the addresses at which the ports are reached from outside: instead of the machine's own, or
// beside them where loopback addresses are asked for.
func publicAddresses(o Options) webrtc.ICEAddressRewriteRule {
	rule := webrtc.ICEAddressRewriteRule{AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace}
	if o.Loopback {
		rule.Mode = webrtc.ICEAddressRewriteAppend
	}
	for _, ip := range o.PublicIPs {
		rule.External = append(rule.External, ip.String())
	}
	return rule
}
