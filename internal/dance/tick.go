package dance

// Tick does what is due: it expires a request, sends again what was given up, forgets what is long over. It changes nothing before Wake. Call it until Wake is later
// than now.
func (r Record) Tick(now int64) Step {
	switch {
	case r.dead(now):
		return Step{Record: r, Stop: r.underWay(), Forget: true}
	case r.Expires != 0 && now >= r.Expires:
		return r.expire(now)
	case r.Idle != 0 && now >= r.Again:
		kinds := r.Idle.list()
		r.Idle, r.Again = 0, 0
		return r.stay().and(kinds...)
	}
	return r.stay()
}

// expire ends what nobody answered in time, and says so to the other side, whose clock and patience may differ.
func (r Record) expire(now int64) Step {
	if r.Outbound {
		return r.finish(Expired, "", now).and(Withdraw)
	}
	return r.finish(Expired, "", now).and(Refuse)
}

func (r Record) dead(now int64) bool { return r.State == Ended && now >= r.death() }

// death is when an ended record may go.
func (r Record) death() int64 {
	if r.Owed == 0 {
		return r.Since + Tombstone
	}
	return r.Since + Patience
}

// Wake is when Tick wants to be called; 0 means never.
func (r Record) Wake() (at int64) {
	if r.State == Ended {
		at = r.death()
	}
	for _, due := range [...]int64{r.Expires, r.Again} {
		if due != 0 && (at == 0 || due < at) {
			at = due
		}
	}
	return at
}
