package sfu

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// line is how much a member's connection carries.
type line struct {
	connected atomic.Bool
	next      atomic.Uint32 // transport-wide sequence number
}

func newLine() *line { return &line{} }

// sent notes a packet on its way, and returns its transport-wide sequence number.
func (l *line) sent(size int, now time.Time) uint16 { return uint16(l.next.Add(1)) }

func (l *line) arrived(f *rtcp.TransportLayerCC, now time.Time) {}

func (l *line) told(bitrate float32, now time.Time) {}

func limit(tracks []*track, now time.Time) {}

// delay is how long a packet of the member is under way, in µs: half of what ICE measures there and back.
func (p *Peer) delay() int64 {
	pair, ok := p.pc.SCTP().Transport().ICETransport().GetSelectedCandidatePairStats()
	if !ok {
		return 0
	}
	return int64(pair.CurrentRoundTripTime * 1e6 / 2)
}
