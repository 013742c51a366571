package client

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/wabgo/wab/internal/bundle"
)

// pace is when a device does what has no instant of its own.
type pace struct {
	loop  time.Time     // when Loop is next
	took  time.Duration // how long it took last time
	shown time.Time     // when we showed ourselves
}

const (
	showEvery = 30 * time.Second
	unsure    = 20 * time.Millisecond   // between looks at a clock that isn't known yet
	near      = 1500 * time.Microsecond // timers are late by up to a millisecond: we wait through the last moments
	longest   = 10 * time.Second        // of a sleep: the clock may be corrected meanwhile
)

// run is the goroutine of the handlers.
func (d *Device) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer d.forgetAll()
	d.note("desired values", d.opt.OnDesired)
	for d.check(); d.ctx.Err() == nil; d.check() {
		d.take()
		d.loop(d.runDue())
		d.show()
		d.rest(timer)
	}
}

// take takes what has arrived.
func (d *Device) take() {
	d.mu.Lock()
	arrived, turned := d.arrived, d.turned
	d.arrived, d.turned = nil, false
	d.mu.Unlock()
	now, _, _ := d.c.serverTime()
	for _, b := range arrived {
		if d.scheduler.Add(now, b) {
			d.ask(b)
		}
	}
	if turned {
		d.note("desired values", d.opt.OnDesired)
	}
}

// runDue runs commands whose time has come, and tells how long it is until the next one; negative if there is none, or nobody knows.
func (d *Device) runDue() time.Duration {
	for d.ctx.Err() == nil {
		now, bound, known := d.c.serverTime()
		if !known {
			return -1
		}
		d.meet(now)
		d.scheduler.Tick(now, bound)
		e, ok := d.scheduler.Next()
		if ok {
			d.follow(e, bound)
			continue
		}
		wake := d.scheduler.Wake()
		if wake == 0 {
			return -1
		}
		if now, _, _ = d.c.serverTime(); wake > now {
			return micros(wake - now)
		}
	}
	return -1
}

// follow does what the scheduler asks for.
func (d *Device) follow(e bundle.Event, bound int64) {
	if e.Kind == bundle.End {
		d.forget(e.ID)
		d.conclude(e)
		d.regret(e)
		return
	}
	now, _, _ := d.c.serverTime()
	args := newArgs(e, now, bound)
	err := d.note("the command "+e.Command.Name, func(d *Device) error { return d.opt.Commands[e.Command.Name](d, args) })
	failure := ""
	if err != nil {
		failure = clip(err.Error())
	}
	d.scheduler.Ran(e.ID, e.N, now, failure)
}

// regret tells of a bundle that did not run, unless a handler's failure was told, or another bundle took over.
func (d *Device) regret(e bundle.Event) {
	switch e.Outcome {
	case bundle.Late, bundle.Expired, bundle.Refused, bundle.Unknown:
		d.tell(fmt.Errorf("a bundle did not run (%s): %s", e.Outcome, e.Err))
	}
}

// loop runs Loop if it is time, and if there is time until the next command.
func (d *Device) loop(free time.Duration) {
	began := time.Now()
	if d.opt.Loop == nil || began.Before(d.pace.loop) || d.ctx.Err() != nil {
		return
	}
	if free >= 0 && free < d.pace.took+near {
		d.pace.loop = began.Add(free + near)
		return
	}
	d.note("loop", d.opt.Loop)
	d.pace.took = time.Since(began)
	d.pace.loop = began.Add(d.opt.Every)
}

// show tells others who look at the desired values that we are there, and how good our clock is.
func (d *Device) show() {
	now, bound, known := d.c.serverTime()
	if !known || time.Since(d.pace.shown) < showEvery {
		return
	}
	d.pace.shown = time.Now()
	d.desired.Show(map[string]any{"device": d.name, "bound": bound, "at": now}) // fails only where the device ends
}

// rest waits until there is something to do.
func (d *Device) rest(timer *time.Timer) {
	wait, exact := d.pause()
	if exact && wait <= near {
		for end := time.Now().Add(wait); time.Now().Before(end); {
			runtime.Gosched()
		}
		return
	}
	timer.Reset(wait)
	select {
	case <-timer.C:
	case <-d.poke:
	case <-d.ctx.Done():
	}
}

// pause is how long there is nothing to do. Exact: a command waits, soon. To those that are far off we go in ever smaller steps, for the clock may
// be corrected on the way.
func (d *Device) pause() (wait time.Duration, exact bool) {
	now, _, known := d.c.serverTime()
	if wait = unsure; known {
		wait = showEvery - time.Since(d.pace.shown)
	}
	if d.opt.Loop != nil {
		wait = min(wait, time.Until(d.pace.loop))
	}
	wake := d.scheduler.Wake()
	switch {
	case !known || wake == 0:
		return max(wait, 0), false
	}
	free := max(micros(wake-now), 0)
	if free <= near {
		return free, true
	}
	return max(min(wait, longest, max(free/2, free-near*2)-near), 0), false
}

// note runs a handler, and tells of its failure.
func (d *Device) note(what string, handler func(*Device) error) error {
	err := d.guard(what, handler)
	if err != nil {
		d.tell(err)
	}
	return err
}

// guard turns a panic of a handler into an error.
func (d *Device) guard(what string, handler func(*Device) error) (err error) {
	if handler == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{what, p, debug.Stack()}
		}
	}()
	if err := handler(d); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// PanicError is the failure of a handler that has panicked.
type PanicError struct {
	What  string // which handler
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("%s panicked: %v", e.What, e.Value) }

// tell tells OnError, which may panic itself.
func (d *Device) tell(err error) {
	defer func() { recover() }()
	d.opt.OnError(err)
}
