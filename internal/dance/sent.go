package dance

// Sent tells what came of sending kind; reason, why it was Denied. What was stopped changes nothing any more, but that the peer's channel is gone.
func (r Record) Sent(kind Kind, outcome Outcome, reason string, now int64) Step {
	switch {
	case !r.Owed.Has(kind):
		if kind == Confirm && outcome == NoChannel && !r.Outbound {
			return r.Lost(now)
		}
		return r.stay()
	case outcome == GivenUp:
		return r.rest(kind, now)
	}
	step := r.settle(setOf(kind))
	switch kind {
	case Request:
		return step.rung(outcome, reason, now)
	case Confirm:
		return step.told(outcome, reason, now)
	}
	return step // a farewell is good however it was answered
}

// rung: the doorbell answered.
func (s Step) rung(outcome Outcome, reason string, now int64) Step {
	switch outcome {
	case NoChannel:
		return s.Record.finish(Gone, reason, now)
	case Denied:
		return s.Record.finish(Refused, reason, now)
	}
	return s
}

// told: the back channel answered a confirm. A denial may come from somewhere that the asker never was, so it is told.
func (s Step) told(outcome Outcome, reason string, now int64) Step {
	switch outcome {
	case NoChannel:
		return s.Record.finish(Gone, reason, now)
	case Denied:
		return s.Record.finish(Failed, reason, now).and(Remove, Refuse)
	}
	return s.Record.establish(now)
}

// Used tells that an event other than the dance's came on our channel. Only the peer can have been told of it, and only by our confirm.
func (r Record) Used(now int64) Step {
	if r.State != Confirming {
		return r.stay()
	}
	return r.establish(now)
}

// Lost tells that an event of ours found the peer's channel gone.
func (r Record) Lost(now int64) Step {
	if r.State != Confirming && r.State != Established {
		return r.stay()
	}
	return r.finish(Gone, "", now)
}

// settle strikes kinds off what is owed: they are answered.
func (r Record) settle(kinds Kinds) Step {
	kinds &= r.Owed
	if kinds == 0 {
		return r.stay()
	}
	r.Owed &^= kinds
	r.Idle &^= kinds
	if r.Idle == 0 {
		r.Again = 0
	}
	return Step{Record: r, Changed: true}
}

// rest leaves a kind until later: a minute at first, twice as long each time, a day at most.
func (r Record) rest(kind Kind, now int64) Step {
	if r.Idle.Has(kind) {
		return r.stay()
	}
	r.Idle |= setOf(kind)
	if r.Again == 0 {
		r.Again = now + min(minute<<min(r.Tries, 16), day)
		r.Tries++
	}
	return Step{Record: r, Changed: true}
}
