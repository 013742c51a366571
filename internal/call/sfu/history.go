package sfu

import (
	"sync"

	"github.com/pion/webrtc/v4"
)

// history is the last packets of a track, one for all its subscribers: sequence numbers are the publisher's, so whoever misses one may
// ask for it by the number that all know. What was not passed on is not in it.
type history struct {
	mu   sync.Mutex
	ring []kept
}

type kept struct {
	used   bool
	marker bool
	seq    uint16
	ts     uint32
	bytes  []byte
}

// How many packets are kept: some seconds of each kind. Powers of two, for numbers wrap.
const (
	videoHistory = 1024
	audioHistory = 128
)

func newHistory(kind webrtc.RTPCodecType) *history {
	n := videoHistory
	if kind == webrtc.RTPCodecTypeAudio {
		n = audioHistory
	}
	return &history{ring: make([]kept, n)}
}

func (h *history) keep(p *packet) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := &h.ring[int(p.seq)%len(h.ring)]
	k.used, k.marker, k.seq, k.ts = true, p.marker, p.seq, p.ts
	k.bytes = append(k.bytes[:0], p.payload...)
}

// get copies the packet with a number into p, whose payload grows in buf.
func (h *history) get(seq uint16, p *packet, buf []byte) (_ []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := &h.ring[int(seq)%len(h.ring)]
	if !k.used || k.seq != seq {
		return buf, false
	}
	buf = append(buf[:0], k.bytes...)
	p.seq, p.ts, p.marker, p.payload = k.seq, k.ts, k.marker, buf
	return buf, true
}
