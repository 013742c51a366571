package sfu

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	deterministic "github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

var stamp = uint32(90)

var signals = []Signal{
	Offer{N: 3, SDP: "v=0", Sources: map[string]string{"0": Camera}},
	Offer{N: 4, SDP: "v=0", Streams: map[string]Stream{"1": {"alice", Mic}}},
	Answer{N: 3, SDP: "v=0"},
	Candidate{Candidate: "candidate:1 1 udp 1 127.0.0.1 1 typ host", Mid: "0", Line: 1},
	Refused{N: 3, Code: "bad_request", Message: "no"},
	Refused{Action: 5, Code: "not_allowed", Message: "no"},
	Restart{},
	State{Off: []string{Camera}},
	View{Hidden: []string{"alice/camera"}},
	Act{Action: 1, At: 2, RTP: &stamp, Value: cbor.RawMessage{0x01}},
	People{People: []Person{{Member: "m", Principal: "bob", Name: "Bob", Sources: []Source{{Name: Mic, Muted: true}}, Since: 9}}},
	Levels{Levels: []Level{{Member: "m", Level: 30}}, Active: "m"},
	May{May: []string{"publish"}},
	Mode{Mode: "heads"},
}

func TestSignalsArriveAsTheyWere(t *testing.T) {
	for _, s := range signals {
		b, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := deterministic.Check(b); err != nil {
			t.Errorf("%T is not deterministic: %v", s, err)
		}
		got, err := Decode(b)
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v became %+v (%v)", s, got, err)
		}
	}
}

func TestSignalsOverALimitAreRefused(t *testing.T) {
	long := strings.Repeat("x", maxWord+1)
	many := make([]string, maxEntries+1)
	for _, c := range []struct {
		s    Signal
		code wire.Code
	}{
		{Offer{SDP: strings.Repeat("x", MaxSDP+1)}, wire.TooLarge},
		{Answer{SDP: strings.Repeat("x", MaxSDP+1)}, wire.TooLarge},
		{Offer{Sources: map[string]string{long: Camera}}, wire.TooLarge},
		{Candidate{Candidate: strings.Repeat("x", maxLine+1)}, wire.TooLarge},
		{Candidate{Mid: long}, wire.TooLarge},
		{State{Off: []string{long}}, wire.TooLarge},
		{State{Off: many}, wire.BadRequest},
		{View{Hidden: []string{strings.Repeat("x", 200)}}, wire.TooLarge},
		{Act{Action: 0, At: 1}, wire.BadRequest},
		{Act{Action: 1, Value: must(cbor.Marshal(make([]byte, MaxValue)))}, wire.TooLarge},
	} {
		b, err := Encode(c.s)
		if err != nil {
			t.Fatal(err)
		}
		var e *wire.Error
		if _, err := Decode(b); !errors.As(err, &e) || e.Code != c.code {
			t.Errorf("%T: %v", c.s, err)
		}
	}
}

func TestWhatIsNoSignalIsRefused(t *testing.T) {
	for _, b := range [][]byte{nil, {0}, {0xff}, {0xa0}, {0xa1, 0x61, 't', 0x01}, {0xa1, 0x61, 't', 0x63, 'f', 'o', 'o'}, {0xa2, 0x61, 't', 0x61, 'x', 0x61, 't', 0x61, 'x'}} {
		var e *wire.Error
		if _, err := Decode(b); !errors.As(err, &e) {
			t.Errorf("%x: %v", b, err)
		}
	}
}

func TestHello(t *testing.T) {
	b, err := Encode(Hello{Name: "Alice", Watch: true})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := DecodeHello(b); err != nil || h != (Hello{Name: "Alice", Watch: true}) {
		t.Errorf("got %+v, %v", h, err)
	}
	if h, err := DecodeHello(nil); err != nil || h != (Hello{}) {
		t.Errorf("without a payload: %+v, %v", h, err)
	}
	b, _ = Encode(Hello{Name: strings.Repeat("x", MaxName+1)})
	if _, err := DecodeHello(b); err == nil {
		t.Error("a long name is taken")
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range signals {
		b, err := Encode(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = DecodeHello(b)
		s, err := Decode(b)
		if err != nil {
			var e *wire.Error
			if !errors.As(err, &e) {
				t.Errorf("an error that is not for people: %v", err)
			}
			return
		}
		once, err := Encode(s)
		if err != nil {
			t.Fatalf("%+v can't be encoded: %v", s, err)
		}
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("%+v can't be decoded: %v", s, err)
		}
		if twice, err := Encode(again); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%x became %x (%v)", once, twice, err)
		}
	})
}

func FuzzDescription(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 00\r\na=ice-ufrag:a\r\na=ice-pwd:b\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 1 typ host\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		var e *wire.Error
		if err := checkDescription(text); err != nil && !errors.As(err, &e) {
			t.Errorf("an error that is not for people: %v", err)
		}
	})
}
