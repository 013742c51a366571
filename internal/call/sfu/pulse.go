package sfu

import "time"

// pulseEvery is how often a room looks who speaks; bitrateEvery, how often publishers are told what receivers can take.
const (
	pulseEvery   = 200 * time.Millisecond
	bitrateEvery = time.Second
)

// pulse does what a room does by the clock: key frames, levels, bitrates.
func (r *Room) pulse() {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	var limited time.Time
	for {
		ticked := false
		select {
		case <-r.stop:
			return
		case <-r.nudged:
		case <-tick.C:
			ticked = true
		}
		now := time.Now() // a tick may have waited long: what it says of the time is no distance to the next
		if ticked {
			r.listen(now)
		}
		tracks := r.published()
		for _, t := range tracks {
			if t.key.due(now) {
				t.askKey()
			}
		}
		if now.Sub(limited) >= bitrateEvery {
			limited = now
			peers := r.everybody()
			limit(tracks, peers, now)
			for _, p := range peers {
				if p.waits.Load() {
					p.inbox.raise(func() {})
				}
			}
		}
	}
}

// nudge has the pulse look at once.
func (r *Room) nudge() {
	select {
	case r.nudged <- struct{}{}:
	default:
	}
}

// published lists all tracks of the room.
func (r *Room) published() []*track {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []*track
	for _, p := range r.peers {
		for _, t := range p.tracks {
			all = append(all, t)
		}
	}
	return all
}

// listen hears how loud each member is, and tells it where that has changed.
func (r *Room) listen(now time.Time) {
	if r.opt.Levels == nil {
		return
	}
	loud := map[string]uint8{}
	for _, t := range r.published() {
		if t.source == Mic && t.open.Load() {
			loud[t.peer.member] = t.meter.read(now)
		}
	}
	levels, active, changed := r.speaker.hear(loud, now)
	if changed {
		r.events.latestLevels(func() { r.opt.Levels(levels, active) })
	}
}
