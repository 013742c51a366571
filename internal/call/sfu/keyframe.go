package sfu

import (
	"sync/atomic"
	"time"
)

// keyframeEvery is how far apart a publisher is asked for key frames, however many ask.
const keyframeEvery = 500 * time.Millisecond

// keyframe is whether one is wanted. Nobody waits for it: the room's pulse asks.
type keyframe struct {
	wanted atomic.Bool
	asked  time.Time // of the pulse
}

func (k *keyframe) want() { k.wanted.Store(true) }
func (k *keyframe) came() {
	if k.wanted.Load() {
		k.wanted.Store(false)
	}
}

// due tells whether to ask now: again and again until one has come.
func (k *keyframe) due(now time.Time) bool {
	if !k.wanted.Load() || now.Sub(k.asked) < keyframeEvery {
		return false
	}
	k.asked = now
	return true
}
