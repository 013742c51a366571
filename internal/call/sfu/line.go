package sfu

import (
	"sync"
	"sync/atomic"
	"time"
)

// line is how much a member's connection carries on the way to it: without a bound until there are signs that it is too much.
type line struct {
	connected atomic.Bool
	sent      atomic.Uint64 // bytes of RTP so far

	mu     sync.Mutex
	bound  float64 // bits a second; 0: none
	strain bool    // there were signs since the last look
	lastAt time.Time
	last   uint64     // sent, then
	rates  [2]float64 // bits a second, between the last looks
}

// Signs of strain, and what becomes of the bound. A receiver's own estimate (REMB) follows what it is sent: it is at most half as much
// again, so it bounds only where it is less than that, as it becomes when delays grow. Losses take half of themselves off above
// heavyLoss, as congestion control of browsers has it (draft-ietf-rmcat-gcc §6). A second without signs adds a twelfth.
const (
	clearlyLess = 0.95
	heavyLoss   = 0.10
	lightLoss   = 0.02
	recovers    = 13.0 / 12
	widest      = maxBitrate * MaxTracks // no line is taken for more
)

func newLine() *line { return &line{} }

// told takes the member's own estimate, in bits a second.
func (l *line) told(bitrate float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bitrate < clearlyLess*l.rate() {
		l.narrow(bitrate)
	}
}

// lost takes the share of packets that a report says was lost.
func (l *line) lost(share float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case share > heavyLoss && l.rate() > 0:
		l.narrow(l.rate() * (1 - share/2))
	case share > lightLoss:
		l.strain = true
	}
}

// narrow bounds the line; the caller holds mu, as for rate and limit.
func (l *line) narrow(to float64) {
	l.bound, l.strain = max(minBitrate, min(l.limit(), to)), true
}

// rate is what is sent steadily: a key frame is no measure.
func (l *line) rate() float64 { return min(l.rates[0], l.rates[1]) }

func (l *line) limit() float64 {
	if l.bound == 0 {
		return widest
	}
	return l.bound
}

// look measures what is sent, once a second, and returns how many bits a second the line carries, as far as anybody knows.
func (l *line) look(now time.Time) float64 {
	sent := l.sent.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := now.Sub(l.lastAt).Seconds(); d > 0 && !l.lastAt.IsZero() {
		l.rates[0], l.rates[1] = float64(sent-l.last)*8/d, l.rates[0]
	}
	l.last, l.lastAt = sent, now
	if !l.strain {
		if l.bound *= recovers; l.bound > widest {
			l.bound = 0
		}
	}
	l.strain = false
	return l.limit()
}

// delay is how long a packet of the member is under way, in µs: half of what ICE measures there and back.
func (p *Peer) delay() int64 {
	pair, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return int64(pair.CurrentRoundTripTime * 1e6 / 2)
}
