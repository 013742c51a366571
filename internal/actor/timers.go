package actor

import (
	"container/heap"
	"errors"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// MaxTimers is the number of durable timers a CA may have.
const MaxTimers = 1000

// MinEvery is the shortest period of a repeating timer.
const MinEvery = 10 * time.Millisecond

type timerFeature struct{}

func (timerFeature) Letter() byte        { return letterTimer }
func (timerFeature) NewPart(ca *CA) Part { return &timers{ca: ca} }

// timers are a CA's durable alarms. Each is a side key. One that is due becomes a message; it goes, or moves on to its next time, in that message's transaction,
// and also when that fails. Where nothing else is written, the next time of a short period isn't either, until the server drains: after a crash the alarm is overdue, and rings.
type timers struct {
	ca        *CA
	alarms    alarms
	changes   []change // not encoded yet
	lastID    uint64
	busyUntil int64 // µs UTC; what has rung takes this long at MaxRings
	restUntil int64 // µs UTC; nothing rings until then
	kept      int   // how many of them were made while loading, and are no message's to undo
}

// alarm calls a method at an instant. Its time is never changed: another one takes its place.
type alarm struct {
	place     int  // among alarms; -1 for one that is not set
	unwritten bool // the store has an earlier time
	id        uint64
	at        int64 // µs UTC
	every     int64 // µs; 0 rings once
	method    string
	args      []byte
}

// change is what happened to an alarm: nil was added or is removed.
type change struct {
	before, after *alarm
	light         bool // not worth a write of its own
}

// timerBytes is about what a timer takes besides its method and arguments.
const timerBytes = 32

// pulseID is the alarm behind Pulse. Other ids count from 1.
const pulseID = 0

var (
	errManyTimers = errors.New("this assistant has 1,000 timers already; cancel some")
	errDestroyed  = errors.New("this assistant is destroyed with this message: it can set no timers")
	errShortEvery = errors.New("a repeating timer needs at least 10 ms between two calls")
)

// Set makes a durable timer that calls a method at an instant in µs UTC, and again each period if every is not zero. It returns the timer's id.
func (tx *Tx) Set(at, every int64, method string, args []byte) (id uint64, err error) {
	if every != 0 && every < MinEvery.Microseconds() {
		return 0, errShortEvery
	}
	if err := tx.Spend(timerBytes + len(method) + len(args)); err != nil {
		return 0, err
	}
	tx.Use(timerFeature{}, func(p Part) {
		t := p.(*timers)
		switch {
		case len(t.alarms) >= MaxTimers:
			err = errManyTimers
			return
		case t.ca.doomed():
			err = errDestroyed
			return
		}
		id = t.freeID()
		t.change(nil, &alarm{id: id, at: max(at, 1), every: every, method: method, args: args})
	})
	return id, err
}

// Cancel removes a timer and tells whether it was there.
func (tx *Tx) Cancel(id uint64) (was bool) {
	tx.Use(timerFeature{}, func(p Part) {
		t := p.(*timers)
		if a := t.find(id); a != nil && id != pulseID {
			was = true
			t.change(a, nil)
		}
	})
	return was
}

// freeID rises, over restarts too.
func (t *timers) freeID() uint64 {
	t.lastID = max(uint64(t.ca.rt.now()), t.lastID+1)
	return t.lastID
}

func (t *timers) find(id uint64) *alarm {
	for _, a := range t.alarms {
		if a.id == id {
			return a
		}
	}
	return nil
}

// pulse sees to the alarm behind Pulse when the CA is loaded. It is stored with the next commit.
func (t *timers) pulse(every time.Duration, now int64) {
	a := t.find(pulseID)
	switch period := every.Microseconds(); {
	case a == nil && period > 0:
		t.change(nil, &alarm{id: pulseID, at: now + period, every: period})
	case a != nil && period == 0:
		t.change(a, nil)
	case a != nil && a.every != period:
		t.change(a, &alarm{id: pulseID, at: min(a.at, now+period), every: period})
	}
	t.kept = len(t.changes)
}

// Next makes a message of the first alarm that is due.
func (t *timers) Next(now int64) *Message {
	if len(t.alarms) == 0 || t.alarms[0].at > now || !t.mayRing(now) {
		return nil
	}
	a := t.alarms[0]
	m := &Message{Kind: Alarm, Method: a.method, Args: a.args, alarm: a}
	if a.id == pulseID {
		m.Kind, m.Method = Pulse, Pulse.String()
	}
	return m
}

// Settled moves an alarm on, whether its method succeeded or not. Times that were missed are not made up for: it rings once, late, and then at the next time of
// its row.
func (t *timers) Settled(m *Message, _ *wire.Error) {
	a, now := m.alarm, t.ca.rt.now()
	switch {
	case a.place < 0: // cancelled by its own method
	case a.every == 0:
		t.change(a, nil)
	default:
		later := *a
		later.at += a.every * (1 + max(0, now-a.at)/a.every)
		t.change(a, &later)
		t.changes[len(t.changes)-1].light = a.every <= lightEvery
	}
}

// MaxRings is how many rings a CA's timers may have in one second, and at once after a silence. What is due beyond that rings later.
const (
	MaxRings = 1000
	ringTime = 1_000_000 / MaxRings // µs
	restTime = 50_000               // µs in which rings gather again after the limit
)

// mayRing counts a ring, or has the CA rest.
func (t *timers) mayRing(now int64) bool {
	if now < t.restUntil {
		return false
	}
	busy := min(max(t.busyUntil, now), now+MaxRings*ringTime) + ringTime // a clock may be put back
	if busy > now+MaxRings*ringTime {
		t.restUntil = now + restTime
		return false
	}
	t.busyUntil = busy
	return true
}

// lightEvery is the longest period in µs whose next time is kept in memory alone (see wakes: well within its horizon).
const lightEvery = 30_000_000

func (t *timers) change(before, after *alarm) {
	t.changes = append(t.changes, change{before: before, after: after})
	t.apply(before, after)
}

func (t *timers) apply(before, after *alarm) {
	if before != nil && before.place >= 0 {
		heap.Remove(&t.alarms, before.place)
	}
	if after != nil {
		heap.Push(&t.alarms, after)
	}
}

// alarms are a heap by time.
type alarms []*alarm

func (s alarms) Len() int { return len(s) }
func (s alarms) Less(i, j int) bool {
	return s[i].at < s[j].at || s[i].at == s[j].at && s[i].id < s[j].id
}
func (s alarms) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

func (s *alarms) Push(x any) {
	a := x.(*alarm)
	a.place = len(*s)
	*s = append(*s, a)
}

func (s *alarms) Pop() any {
	last := len(*s) - 1
	a := (*s)[last]
	a.place, (*s)[last], *s = -1, nil, (*s)[:last]
	return a
}

func (t *timers) Begin() {}

func (t *timers) Rollback() {
	for _, c := range slices.Backward(t.changes[t.kept:]) {
		t.apply(c.after, c.before)
	}
	t.changes = t.changes[:t.kept]
}

// clear removes all timers: none outlives its CA.
func (t *timers) clear() {
	for len(t.alarms) > 0 {
		t.change(t.alarms[0], nil)
	}
}

// Encode comes late: it asks whether anything else is written.
func (t *timers) Encode(c *Commit) {
	for _, ch := range t.changes {
		if ch.light && !c.Wrote() {
			ch.after.unwritten = true
			continue
		}
		if ch.after != nil {
			ch.after.unwritten = false
			c.Put(ch.after.key(), ch.after.encode())
		} else {
			c.Delete(ch.before.key())
		}
	}
	t.changes, t.kept = nil, 0
}

func (t *timers) Due() int64 {
	if len(t.alarms) == 0 {
		return 0
	}
	return max(t.alarms[0].at, t.restUntil)
}

// Idle keeps the CA in memory while a time is known there only.
func (t *timers) Idle() bool {
	return !slices.ContainsFunc(t.alarms, func(a *alarm) bool { return a.unwritten })
}

// Tend writes such times before the server ends.
func (t *timers) Tend(int64) {
	if !t.ca.Draining() {
		return
	}
	for _, a := range t.alarms {
		if a.unwritten {
			t.changes = append(t.changes, change{before: a, after: a})
		}
	}
}

func (t *timers) Load(key, value []byte) error {
	r := cbor.NewReader(value)
	a := &alarm{id: keyNumber(key)}
	if r.Array() != 4 {
		return errAlarm
	}
	a.at, a.every, a.method, a.args = r.Int(), r.Int(), r.Text(), r.Bytes()
	if r.Done() != nil {
		return errAlarm
	}
	t.lastID = max(t.lastID, a.id)
	t.apply(nil, a)
	return nil
}

var errAlarm = errors.New("actor: a stored timer is damaged")

func (a *alarm) key() []byte { return HotKey(letterTimer, big(a.id)...) }

func (a *alarm) encode() []byte {
	b := cbor.AppendArrayHeader(nil, 4)
	b = cbor.AppendInt(b, a.at)
	b = cbor.AppendInt(b, a.every)
	b = cbor.AppendText(b, a.method)
	return cbor.AppendBytes(b, a.args)
}
