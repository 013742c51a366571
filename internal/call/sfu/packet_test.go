package sfu

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"pgregory.net/rapid"
)

func TestPacketsAreParsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rtp.Packet{
			Header: rtp.Header{
				Version: 2, Marker: rapid.Bool().Draw(t, "marker"), SequenceNumber: rapid.Uint16().Draw(t, "seq"),
				Timestamp: rapid.Uint32().Draw(t, "ts"), CSRC: rapid.SliceOfN(rapid.Uint32(), 0, 3).Draw(t, "csrc"),
			},
			Payload: rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "payload"),
		}
		level := rapid.Uint8Range(0, silence).Draw(t, "level")
		if err := in.SetExtension(3, []byte{level | 0x80}); err != nil {
			t.Fatal(err)
		}
		if in.PaddingSize = rapid.Uint8Range(0, 20).Draw(t, "padding"); in.PaddingSize > 0 {
			in.Padding = true
		}
		b, err := in.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		var p packet
		if err := p.parse(b, 3); err != nil {
			t.Fatal(err)
		}
		if p.seq != in.SequenceNumber || p.ts != in.Timestamp || p.marker != in.Marker || !bytes.Equal(p.payload, in.Payload) || !p.hasLevel || p.level != level {
			t.Fatalf("%+v became %+v", in, p)
		}
	})
}

func TestMorePaddingThanBytes(t *testing.T) {
	b := make([]byte, 13)
	b[0], b[12] = 0xa0, 200
	var p packet
	if err := p.parse(b, 0); !errors.Is(err, errPadding) {
		t.Errorf("got %v", err)
	}
}

func TestKeyframeBegins(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{nil, false},
		{[]byte{0x10}, false},
		{[]byte{0x10, 0x00}, true},
		{[]byte{0x10, 0x01}, false},                         // an interframe
		{[]byte{0x00, 0x00}, false},                         // not the beginning of a partition
		{[]byte{0x11, 0x00}, false},                         // of another partition
		{[]byte{0x90, 0x80, 0x05, 0x00}, true},              // picture id of one byte
		{[]byte{0x90, 0x80, 0x85, 0x01, 0x00}, true},        // of two
		{[]byte{0x90, 0xe0, 0x85, 0x01, 7, 9, 0x00}, true},  // with TL0PICIDX and TID
		{[]byte{0x90, 0xe0, 0x85, 0x01, 7, 9, 0x01}, false}, //
		{[]byte{0x90, 0x80}, false},                         // cut short
	} {
		if got := keyframeBegins(c.b); got != c.want {
			t.Errorf("%x: %v", c.b, got)
		}
	}
}

func TestHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory(webrtc.RTPCodecTypeAudio)
		first := rapid.Uint16().Draw(t, "first")
		n := rapid.IntRange(1, 3*audioHistory).Draw(t, "n")
		for i := range n {
			seq := first + uint16(i)
			h.keep(&packet{seq: seq, ts: uint32(i), payload: []byte{byte(seq), byte(seq >> 8)}})
		}
		i := rapid.IntRange(-audioHistory, n+audioHistory).Draw(t, "i")
		seq := first + uint16(i)
		var p packet
		_, ok := h.get(seq, &p, nil)
		if want := i >= 0 && i < n && i >= n-audioHistory; ok != want {
			t.Fatalf("of %d packets, that with number %d: %v", n, i, ok)
		}
		if ok && (p.seq != seq || p.ts != uint32(i) || !bytes.Equal(p.payload, []byte{byte(seq), byte(seq >> 8)})) {
			t.Fatalf("got %+v", p)
		}
	})
}

func TestABudgetIsForASecond(t *testing.T) {
	b, now := budget{each: 2}, time.Unix(5, 0)
	for i, want := range []bool{true, true, false, false} {
		if got := b.take(now); got != want {
			t.Errorf("%d: %v", i, got)
		}
	}
	if !b.take(now.Add(time.Second)) {
		t.Error("not in the next second")
	}
}

func TestAbsSendTime(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want uint32
	}{{time.Unix(0, 0), 0}, {time.Unix(1, 5e8), 1<<18 + 1<<17}, {time.Unix(64, 0), 0}, {time.Unix(63, 999_999_999), 1<<24 - 1}} {
		if got := absSendTime(c.at); got != c.want {
			t.Errorf("%v: %x, not %x", c.at, got, c.want)
		}
	}
}

func FuzzPacket(f *testing.F) {
	for _, p := range []rtp.Packet{
		{Header: rtp.Header{Version: 2, SequenceNumber: 1}, Payload: []byte{0x10, 0}},
		{Header: rtp.Header{Version: 2, CSRC: []uint32{1, 2}, Padding: true, PaddingSize: 4}, Payload: []byte{0x90, 0xe0, 0x85, 1, 7, 9, 0}},
	} {
		_ = p.SetExtension(1, []byte{0x85})
		b, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p packet
		if p.parse(b, 1) != nil {
			return
		}
		if len(p.payload) > len(b) {
			t.Errorf("a payload of %d bytes in a packet of %d", len(p.payload), len(b))
		}
		keyframeBegins(p.payload)
		h := newHistory(webrtc.RTPCodecTypeAudio)
		h.keep(&p)
		var q packet
		if _, ok := h.get(p.seq, &q, nil); !ok || !bytes.Equal(p.payload, q.payload) {
			t.Error("the history has not kept it")
		}
	})
}

// FuzzReports feeds what a member and a publisher may send as RTCP to what reads it.
func FuzzReports(f *testing.F) {
	seeds := []rtcp.Packet{
		&rtcp.SenderReport{SSRC: 7, NTPTime: 1 << 40, RTPTime: 9, Reports: []rtcp.ReceptionReport{{SSRC: 7, FractionLost: 99}}},
		&rtcp.PictureLossIndication{MediaSSRC: 7},
		&rtcp.FullIntraRequest{MediaSSRC: 7, FIR: []rtcp.FIREntry{{SSRC: 7}}},
		&rtcp.TransportLayerNack{MediaSSRC: 7, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 0xffff}}},
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 7, FractionLost: 200}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{7}},
	}
	for _, s := range seeds {
		b, err := s.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, sent := loneDown(t)
		d.report(b, time.Unix(1, 0))
		if *sent > maxRepairs {
			t.Errorf("%d packets were sent again", *sent)
		}
		if got := d.peer.line.look(time.Unix(2, 0)); !(got >= 0) {
			t.Errorf("a line carries %v", got)
		}
		if r := senderReport(b, 7); r != nil {
			for _, p := range d.forward(r) {
				if s, ok := p.(*rtcp.SenderReport); ok && (s.SSRC != d.ssrc || s.NTPTime != r.NTPTime || s.RTPTime != r.RTPTime || len(s.Reports) > 0) {
					t.Errorf("%+v became %+v", r, s)
				}
				if _, err := p.Marshal(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// loneDown is a track on its way to a member, without connections.
func loneDown(t testing.TB) (d *down, sent *int) {
	t.Helper()
	e := &Engine{opt: Options{Log: silent()}, ports: &ports{}}
	r := &Room{engine: e, nudged: make(chan struct{}, 1), events: newEvents()}
	tr := &track{peer: &Peer{room: r, member: "alice"}, source: Camera, kind: webrtc.RTPCodecTypeVideo, history: newHistory(webrtc.RTPCodecTypeVideo)}
	for seq := range 20 {
		tr.history.keep(&packet{seq: uint16(seq), payload: []byte{1}})
	}
	tr.downs.Store(&[]*down{})
	sent = new(int)
	d = &down{track: tr, peer: &Peer{room: r, member: "bob", line: newLine()}, ssrc: 7, repairs: budget{each: maxRepairs}, out: counting{sent}}
	d.again = d.newOutgoing()
	d.open.Store(true)
	return d, sent
}

type counting struct{ n *int }

func (c counting) WriteRTP(*rtp.Header, []byte) (int, error) { *c.n++; return 1, nil }
func (c counting) Write(b []byte) (int, error)               { *c.n++; return len(b), nil }
