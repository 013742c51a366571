package bundle

// Tick does what is due. bound is by how much now may be wrong.
func (s *Scheduler) Tick(now, bound int64) {
	s.bound = bound
	s.follow(now)
	for s.busy == nil && s.step(now) {
	}
}

// follow takes what was counted from the arrival along when the clock has been set back.
func (s *Scheduler) follow(now int64) {
	s.last = min(s.last, now)
	s.running.follow(now)
	s.recovery().follow(now)
	s.beside.follow(now)
	for i, w := range s.waiting {
		if w.relative && w.start > now {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			w.start = now
			s.enqueue(w)
		}
	}
}

// step does what is due first, and tells whether there was something. At one instant, recovery comes before starts, and those before the
// commands of what they replace, or run beside.
func (s *Scheduler) step(now int64) bool {
	w, fate := s.first(now)
	due := s.running != nil && s.running.due <= now
	switch r := s.recovery(); {
	case r != nil && (r.due <= now || due || s.beside != nil || len(s.recoveries) > 1 || w != nil && fate == Done):
		s.launch(r)
	case s.beside != nil:
		s.launch(s.beside)
	case due && (w == nil || s.running.due < w.start):
		s.command(s.running, now)
	case w != nil:
		s.waiting[0], s.waiting = nil, s.waiting[1:]
		s.take(w, fate, now)
	default:
		return false
	}
	return true
}

// first is the next bundle whose start has come, and what becomes of it; Done if it may start.
func (s *Scheduler) first(now int64) (w *sequence, fate Outcome) {
	if len(s.waiting) == 0 || s.waiting[0].start > now {
		return nil, ""
	}
	w = s.waiting[0]
	switch b := w.bundle; {
	case b.Expires != 0 && now > b.Expires:
		return w, Expired
	case w.start < s.last && !w.relative && !b.Beside:
		return w, Replaced
	case b.MaxBound != 0 && s.bound > b.MaxBound && w.method == "":
		return w, Refused
	case w.tooLate(now):
		return w, Late
	}
	return w, Done
}

// take starts a bundle, or ends it.
func (s *Scheduler) take(w *sequence, fate Outcome, now int64) {
	if fate == Done {
		s.start(w, now)
		return
	}
	s.end(w.bundle, w.aboutNext(fate, reason(fate)))
	if s.running == nil && (fate == Late || fate == Refused) {
		s.recover(w.bundle, now)
	}
}

// reason tells why a bundle didn't start.
func reason(fate Outcome) string {
	switch fate {
	case Late:
		return "The bundle came too late."
	case Expired:
		return "The bundle had expired when it came."
	case Refused:
		return "The device's clock is not exact enough for the bundle."
	}
	return "A bundle that was to start later has started already."
}

// start lets a bundle take over, or run beside.
func (s *Scheduler) start(w *sequence, now int64) {
	if w.bundle.Beside {
		w.open(now)
		s.beside = w
		s.conclude(w)
		return
	}
	if q := s.running; q != nil {
		s.stop(q, q.aboutLast(Replaced, "Another bundle took over."))
		s.recover(q.bundle, now)
	}
	s.last = max(s.last, w.start)
	w.open(now)
	s.running = w
	s.conclude(w)
}

// command deals with a command whose time has come.
func (s *Scheduler) command(q *sequence, now int64) {
	switch policy := q.bundle.Late; {
	case policy == RunNow || !q.late(now, q.due):
		s.launch(q)
	case policy == Drop:
		s.miss(q, now)
	default:
		s.leaveOut(q, now)
	}
}

// miss drops what is left of a bundle.
func (s *Scheduler) miss(q *sequence, now int64) {
	s.stop(q, q.aboutNext(Late, "The device came too late to this command."))
	s.recover(q.bundle, now)
}

// leaveOut passes over a command that is late. A bundle of which nothing ran is late as a whole.
func (s *Scheduler) leaveOut(q *sequence, now int64) {
	if q.missed++; q.last < 0 && q.next == len(q.list)-1 {
		s.miss(q, now)
		return
	}
	q.skip()
	s.conclude(q)
}

// launch asks for a command to be run.
func (s *Scheduler) launch(q *sequence) {
	s.busy = q
	s.emit(Event{Kind: Run, ID: q.bundle.ID, Command: q.list[q.next], N: q.number(), Due: q.due, Recovery: q.recovers, Method: q.method, Off: q.off})
}
