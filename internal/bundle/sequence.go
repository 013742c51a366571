package bundle

// A sequence is a list of commands on its way: a bundle's, or its recovery's.
type sequence struct {
	bundle   *Bundle
	list     []Command
	recovers bool
	relative bool  // nothing but the distances matter: they stay when the clock is set back
	start    int64 // when it was to start

	next   int   // index of the command that is next
	due    int64 // when that is to run
	since  int64 // what its distance is counted from
	missed int   // how many were left out

	method string // how its moment was found
	off    int64  // by how much that was before the start

	last    int   // index of the command that ran last; -1: none
	lastDue int64 // when that was to run
	ran     int64 // when it ran
}

func newSequence(b *Bundle, now int64) *sequence {
	q := &sequence{bundle: b, list: b.Commands, start: b.At, relative: b.At == 0, last: -1}
	if q.relative {
		q.start = now
	}
	q.begin(q.start)
	return q
}

func newRecovery(b *Bundle, now int64) *sequence {
	q := &sequence{bundle: b, list: b.Recovery, recovers: true, relative: true, start: now, last: -1}
	q.begin(now)
	return q
}

// begin counts the distances from an instant.
func (q *sequence) begin(at int64) {
	q.since, q.due = at, at
	if len(q.list) > 0 {
		q.due += q.list[0].After
	}
}

// meet has it start now, for its moment has come.
func (q *sequence) meet(now int64, method string, off int64) {
	q.relative, q.start, q.method, q.off = true, now, method, off
	q.begin(now)
}

// open starts it.
func (q *sequence) open(now int64) {
	if q.relative {
		q.begin(now)
	}
	if q.method == "" && !q.bundle.Moment.none() {
		q.method = Deadline
	}
	q.relative = q.relative || q.bundle.Beside // from here on: it goes on at once
}

// advance goes on after the next command has run.
func (q *sequence) advance(ran int64) {
	q.last, q.lastDue, q.ran = q.next, q.due, ran
	q.skip()
}

// skip goes on to the command after the next one. Instants add up from the start, so that nothing drifts.
func (q *sequence) skip() {
	q.next++
	q.since = q.due
	if !q.over() {
		q.due += q.list[q.next].After
	}
}

func (q *sequence) over() bool { return q.next >= len(q.list) }

// number is the next command's, as events tell it.
func (q *sequence) number() int {
	if q.recovers {
		return len(q.bundle.Commands) + q.next
	}
	return q.next
}

// follow keeps distances when the clock is before what they are counted from.
func (q *sequence) follow(now int64) {
	if q == nil || !q.relative {
		return
	}
	if back := q.since - now; back > 0 {
		q.since -= back
		q.due -= back
	}
}

// late tells whether an instant is missed.
func (q *sequence) late(now, due int64) bool { return now-due > q.bundle.tolerance() }

// tooLate tells, before the start, whether it is too late for anything.
func (q *sequence) tooLate(now int64) bool {
	switch {
	case q.relative || q.bundle.Late == RunNow:
		return false
	case q.bundle.Late == Drop:
		return q.late(now, q.due)
	}
	end := q.start
	for i := range q.list {
		end += q.list[i].After
	}
	return q.late(now, end)
}

// aboutNext is the end of a bundle at the command that is next.
func (q *sequence) aboutNext(o Outcome, why string) Event {
	e := Event{Outcome: o, Due: q.due, Err: why, Method: q.method, Off: q.off}
	if !q.over() {
		e.Command = q.list[q.next]
	}
	return e
}

// aboutLast is the end of a bundle after the command that ran last, if there is one.
func (q *sequence) aboutLast(o Outcome, why string) Event {
	if q.last < 0 {
		return q.aboutNext(o, why)
	}
	return Event{Outcome: o, Command: q.list[q.last], Due: q.lastDue, Ran: q.ran, Err: why, Method: q.method, Off: q.off}
}
