package sfu

import (
	"sync"
	"sync/atomic"
	"time"
)

// line is how much a member's connection carries on the way to it: what the member itself estimates (REMB), and what losses tell.
type line struct {
	connected atomic.Bool
	sent      atomic.Uint64 // bytes of RTP so far

	mu     sync.Mutex
	remb   float64 // bits a second
	rembAt time.Time
	bound  float64 // by losses; 0: none
	lastAt time.Time
	last   uint64  // sent, then
	rate   float64 // bits a second, between the last two looks
}

// How losses bound a line: above heavyLoss of a report it goes down by half of what is lost, below lightLoss up again, as congestion
// control of browsers has it (draft-ietf-rmcat-gcc §6). Without news of more than minBitrate, estimates are old after rembHolds.
const (
	heavyLoss = 0.10
	lightLoss = 0.02
	recovers  = 1.08 // a report
	rembHolds = 10 * time.Second
)

func newLine() *line { return &line{} }

// told takes the member's own estimate, in bits a second.
func (l *line) told(bitrate float64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remb, l.rembAt = bitrate, now
}

// lost takes the share of packets that a report says was lost.
func (l *line) lost(share float64, _ time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case share > heavyLoss && l.rate > 0:
		l.bound = max(minBitrate, min(l.limit(), l.rate)*(1-share/2))
	case share < lightLoss && l.bound > 0:
		if l.bound *= recovers; l.bound > maxBitrate*MaxTracks {
			l.bound = 0
		}
	}
}

// limit is the bound by losses. The caller holds mu.
func (l *line) limit() float64 {
	if l.bound == 0 {
		return maxBitrate * MaxTracks
	}
	return l.bound
}

// look measures what is sent; estimate is how many bits a second the line carries, as far as anybody knows.
func (l *line) look(now time.Time) (estimate float64) {
	sent := l.sent.Load()
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := now.Sub(l.lastAt).Seconds(); d > 0 && !l.lastAt.IsZero() {
		l.rate = float64(sent-l.last) * 8 / d
	}
	l.last, l.lastAt = sent, now
	estimate = l.limit()
	if !l.rembAt.IsZero() && now.Sub(l.rembAt) < rembHolds {
		estimate = min(estimate, l.remb)
	}
	return estimate
}

// delay is how long a packet of the member is under way, in µs: half of what ICE measures there and back.
func (p *Peer) delay() int64 {
	pair, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return int64(pair.CurrentRoundTripTime * 1e6 / 2)
}
