package ports

import (
	"testing"

	"github.com/pion/stun/v4"
)

func TestDatagramsAreToldApart(t *testing.T) {
	cut := append([]byte(nil), iceSTUN.Raw...)
	cut[21] = 99 // an attribute that is no user name and longer than the message
	for _, c := range []struct {
		name string
		b    []byte
		want Kind
	}{
		{"nothing", nil, Nobody},
		{"ICE's check", iceSTUN.Raw, Media},
		{"an answer to one", answer.Raw, Media},
		{"a question for one's address", plainSTUN.Raw, STUN},
		{"a broken attribute", cut, STUN},
		{"a relay, please", allocate.Raw, TURN},
		{"data for a peer", send.Raw, TURN},
		{"channel data", []byte{0x40, 0, 0, 4, 1, 2, 3, 4}, TURN},
		{"another channel", []byte{0x7f}, TURN},
		{"DTLS", append([]byte{22, 254, 253}, make([]byte, 40)...), Media},
		{"RTP", append([]byte{0x80, 96}, make([]byte, 40)...), Media},
		{"RTCP", append([]byte{0x81, 200}, make([]byte, 40)...), Media},
		{"STUN without its cookie", make([]byte, 20), Media},
		{"too short for STUN", []byte{0, 1, 0, 0}, Media},
	} {
		if got := Datagram(c.b); got != c.want {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

func TestStreamsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		want Kind
		more bool
	}{
		{"nothing yet", nil, Nobody, true},
		{"HTTP", []byte("G"), HTTP, false},
		{"HTTP/2", []byte("PRI"), HTTP, false},
		{"TLS", []byte{0x16}, HTTP, false},
		{"a relay", allocate.Raw, TURN, false},
		{"an address", plainSTUN.Raw[:8], TURN, false},
		{"not enough of a relay", allocate.Raw[:7], Nobody, true},
		{"media", framed(iceSTUN.Raw), Media, false},
		{"not enough of media", framed(iceSTUN.Raw)[:9], Nobody, true},
		{"nonsense", make([]byte, 10), Nobody, false},
	} {
		if got, more := Stream(c.b); got != c.want || more != c.more {
			t.Errorf("%s: %v, %v", c.name, got, more)
		}
	}
}

// What has been told stays told, however much more there is, and ten bytes tell all.
func FuzzStream(f *testing.F) {
	f.Add(request)
	f.Add(allocate.Raw)
	f.Add(framed(iceSTUN.Raw))
	f.Fuzz(func(t *testing.T, b []byte) {
		told, was := false, Nobody
		for n := range len(b) + 1 {
			k, more := Stream(b[:n])
			if told && (more || k != was) || more && n >= headBytes || more && k != Nobody {
				t.Fatalf("%x: %v after %d bytes, then %v, %v", b, was, n, k, more)
			}
			told, was = !more, k
		}
	})
}

// Whatever STUN's own decoder takes for a check of ICE is media's, and what it takes for a question without a user name is not.
func FuzzDatagram(f *testing.F) {
	for _, m := range []*stun.Message{plainSTUN, iceSTUN, answer, allocate, send} {
		f.Add(m.Raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k := Datagram(b)
		m := &stun.Message{Raw: append([]byte(nil), b...)}
		if len(b) == 0 || b[0] > 3 || m.Decode() != nil {
			return
		}
		want := TURN
		if m.Type.Method == stun.MethodBinding {
			if want = Media; m.Type.Class == stun.ClassRequest && !m.Contains(stun.AttrUsername) {
				want = STUN
			}
		}
		if k != want {
			t.Fatalf("%v is %v, not %v", m, k, want)
		}
	})
}
