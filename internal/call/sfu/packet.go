package sfu

import (
	"errors"

	"github.com/pion/rtp"
)

// packet is what of an RTP packet is passed on, and what is looked at on the way. It shares the bytes that it was parsed from.
type packet struct {
	seq      uint16
	ts       uint32
	marker   bool
	payload  []byte // without padding
	level    uint8  // of audio, in −dBov
	hasLevel bool

	header rtp.Header // kept for its slices
}

var errPadding = errors.New("rtp: more padding than there are bytes")

// parse reads a packet; levelID is the id of the extension for audio levels (RFC 6464), 0 where there is none.
func (p *packet) parse(b []byte, levelID uint8) error {
	n, err := p.header.Unmarshal(b)
	if err != nil {
		return err
	}
	end := len(b)
	if p.header.Padding {
		end -= int(b[len(b)-1])
	}
	if end < n {
		return errPadding
	}
	p.seq, p.ts, p.marker, p.payload = p.header.SequenceNumber, p.header.Timestamp, p.header.Marker, b[n:end]
	p.hasLevel = false
	if levelID == 0 {
		return nil
	}
	if x := p.header.GetExtension(levelID); len(x) > 0 {
		p.level, p.hasLevel = x[0]&0x7f, true
	}
	return nil
}

// keyframeBegins tells whether a VP8 payload is the beginning of a key frame (RFC 7741 §4.2, RFC 6386 §9.1).
func keyframeBegins(b []byte) bool {
	if len(b) < 1 || b[0]&0x10 == 0 || b[0]&0x07 != 0 {
		return false // not the first partition's beginning
	}
	n := 1
	if b[0]&0x80 != 0 { // extension octet
		if len(b) < 2 {
			return false
		}
		x := b[1]
		n = 2
		if x&0x80 != 0 { // picture id of one or two bytes
			if len(b) < 3 {
				return false
			}
			n++
			if b[2]&0x80 != 0 {
				n++
			}
		}
		if x&0x40 != 0 { // TL0PICIDX
			n++
		}
		if x&0x30 != 0 { // TID and KEYIDX share one
			n++
		}
	}
	return len(b) > n && b[n]&0x01 == 0
}
