package main

import (
	"container/heap"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/clocksync"
)

// A fleet is many gadgets, simulated in lanes side by side. Each does what it does at an instant of its own clock, which is worked out; the
// fleet gets to it when that instant has come, and a little later if many have come together. That lag is told apart: it changes nothing of when a
// gadget does something, as it would not for a real one.
type fleet struct {
	gadgets []gadget
	clocks  []clocksync.Clock // apart, since they hold no pointers
	lanes   []*lane
	ended   func(i int, e bundle.Event) // a bundle of the i-th; called by its lane
	left    atomic.Int64                // gadgets that have not ended a bundle
	over    chan struct{}
	heard   atomic.Int64 // when a bundle was handed in last, µs
	work    sync.WaitGroup
}

// lane is some of the gadgets, one after the other.
type lane struct {
	fleet *fleet
	woken chan struct{}

	mu      sync.Mutex
	pending events

	skews, lags []time.Duration
}

// event is that something arrives at a gadget, or with nothing to arrive, that it is time to act.
type event struct {
	at      int64 // µs
	gadget  int
	encoded []byte
}

// events are a heap by their instants.
type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}

// newFleet makes n gadgets that have compared clocks over the last half minute before an instant.
func newFleet(n int, until int64) *fleet {
	const took = 28_000_000 // µs, at most
	f := &fleet{
		gadgets: make([]gadget, n), clocks: make([]clocksync.Clock, n), over: make(chan struct{}),
		ended: func(int, bundle.Event) {},
	}
	f.left.Store(int64(n))
	for range runtime.GOMAXPROCS(0) {
		f.lanes = append(f.lanes, &lane{fleet: f, woken: make(chan struct{}, 1)})
	}
	f.each(func(i int) {
		f.gadgets[i] = newGadget(i, until-took)
		f.gadgets[i].warm(&f.clocks[i], until-took, warmUpPings)
	})
	return f
}

// each does something for all gadgets, in as many goroutines as there are lanes.
func (f *fleet) each(do func(i int)) {
	var all sync.WaitGroup
	for l := range f.lanes {
		all.Go(func() {
			for i := l; i < len(f.gadgets); i += len(f.lanes) {
				do(i)
			}
		})
	}
	all.Wait()
}

// run has the gadgets live until the context ends; wait comes after that.
func (f *fleet) run(ctx context.Context) {
	for _, l := range f.lanes {
		f.work.Go(func() { l.run(ctx) })
	}
}

func (f *fleet) wait() { f.work.Wait() }

// deliver hands a gadget's network a bundle, which takes its time from now on. A gadget's are handed in by one goroutine at a time.
func (f *fleet) deliver(i int, encoded []byte) {
	g, now := &f.gadgets[i], clock.Micros(time.Now())
	f.heard.Store(now)
	f.lanes[i%len(f.lanes)].add(event{now + g.delay(g.back), i, encoded})
}

func (l *lane) add(e event) {
	l.mu.Lock()
	heap.Push(&l.pending, e)
	first := l.pending[0].at == e.at
	l.mu.Unlock()
	if first {
		select {
		case l.woken <- struct{}{}:
		default:
		}
	}
}

func (l *lane) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		e, wait := l.next()
		if wait <= 0 {
			l.lags = append(l.lags, -wait)
			l.do(e)
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-l.woken:
		case <-ctx.Done():
		}
	}
}

// next takes the next event if its instant has come; wait is how long that takes yet.
func (l *lane) next() (e event, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		return e, time.Hour
	}
	if wait = time.Duration(l.pending[0].at-clock.Micros(time.Now())) * time.Microsecond; wait <= 0 {
		e = heap.Pop(&l.pending).(event)
	}
	return e, wait
}

func (l *lane) do(e event) {
	g, c := &l.fleet.gadgets[e.gadget], &l.fleet.clocks[e.gadget]
	ended := func(b bundle.Event) { l.fleet.ends(e.gadget, b) }
	if e.encoded != nil {
		g.take(c, e.at, e.encoded, ended)
	}
	if next := g.act(c, e.at, l.ran, ended); next != 0 {
		l.add(event{at: next, gadget: e.gadget})
	}
}

func (l *lane) ran(x execution) {
	l.skews = append(l.skews, time.Duration(max(x.at-x.due, x.due-x.at))*time.Microsecond)
}

func (f *fleet) ends(i int, e bundle.Event) {
	f.ended(i, e)
	if f.left.Add(-1) == 0 {
		close(f.over)
	}
}

// showing is what a fleet has done, to be asked when its lanes have ended.
type showing struct {
	skews, lags []time.Duration
	late        int // gadgets that did not run all of their bundle
}

func (f *fleet) show(commands int) (s showing) {
	for _, l := range f.lanes {
		s.skews, s.lags = append(s.skews, l.skews...), append(s.lags, l.lags...)
	}
	for i := range f.gadgets {
		if g := &f.gadgets[i]; g.outcome != bundle.Done || g.ran != commands {
			s.late++
		}
	}
	return s
}
