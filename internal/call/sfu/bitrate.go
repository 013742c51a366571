package sfu

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

// What a video may be, bits a second, and what of a line is left to sound.
const (
	minBitrate   = 150_000
	maxBitrate   = 2_500_000
	audioBitrate = 64_000
)

// slowest is how far one slow receiver pulls a video down for all: to a quarter of what the median receiver can take.
const slowest = 4

// limit tells each publisher what its receivers can take.
func limit(tracks []*track, peers []*Peer, now time.Time) {
	share := shares(tracks, peers, now)
	totals, ssrcs := map[*Peer]float64{}, map[*Peer][]uint32{}
	for _, t := range tracks {
		if t.kind != webrtc.RTPCodecTypeVideo {
			continue
		}
		var can []float64
		for _, d := range *t.downs.Load() {
			if d.open.Load() {
				can = append(can, share[d.peer])
			}
		}
		if b := bitrate(can); b > 0 {
			totals[t.peer] += b
			ssrcs[t.peer] = append(ssrcs[t.peer], t.ssrc)
		}
	}
	for p, total := range totals {
		p.tell(&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(total + audioBitrate), SSRCs: ssrcs[p]})
	}
}

// shares is what each peer's line has for each video that is sent to it.
func shares(tracks []*track, peers []*Peer, now time.Time) map[*Peer]float64 {
	videos, sounds := map[*Peer]float64{}, map[*Peer]float64{}
	for _, t := range tracks {
		count := sounds
		if t.kind == webrtc.RTPCodecTypeVideo {
			count = videos
		}
		for _, d := range *t.downs.Load() {
			if d.open.Load() && t.open.Load() {
				count[d.peer]++
			}
		}
	}
	share := map[*Peer]float64{}
	for _, p := range peers {
		share[p] = max(0, p.line.look(now)-sounds[p]*audioBitrate) / max(1, videos[p])
	}
	return share
}

// bitrate is what a video may have, of what each of its receivers can take: the least of them, but no less than a quarter of the median,
// nor than minBitrate. 0 where nobody receives it.
//
// Without layers all receive the same. A receiver that can't take a quarter of what half of the others can would make the call
// worthless for all if it decided; it loses packets instead, until it hides streams.
func bitrate(can []float64) float64 {
	if len(can) == 0 {
		return 0
	}
	slices.Sort(can)
	median := min(maxBitrate, can[len(can)/2])
	return min(maxBitrate, max(minBitrate, can[0], median/slowest))
}
