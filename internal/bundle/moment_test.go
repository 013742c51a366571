package bundle_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/wabgo/wab/internal/bundle"
)

// filmed is a bundle whose deadline is two seconds after noon.
func filmed(id string, action uint32, list ...any) *bundle.Bundle {
	b := at(id, noon+2*second, list...)
	b.Moment = moment(action)
	return b
}

// shows tells the device of a moment.
func (d *device) shows(action uint32) {
	d.Moment(d.now, moment(action), "frame", 4*ms)
	d.settle()
}

func TestDEV4_ABundleStartsWithItsMoment(t *testing.T) {
	d := &device{now: noon}
	d.add(filmed("a", 1, 0, "on", 340, "off"))
	d.until(noon + 300*ms)
	d.shows(2) // of another action
	d.until(noon + 500*ms)
	d.shows(1)
	d.shows(1)
	d.until(noon + 10*second)
	expect(t, d, "500 a on", "840 a off", "840 a done off")
}

func TestDEV4_OrAtItsDeadline(t *testing.T) {
	d := &device{now: noon}
	d.add(filmed("a", 1, 0, "on"))
	d.until(noon + 2*second)
	d.settle()
	d.shows(1)
	d.until(noon + 10*second)
	expect(t, d, "2000 a on", "2000 a done on")
}

// The driver remembers moments, and tells of one again for a bundle that comes after it.
func TestDEV4_ABundleThatComesAfterItsMomentStartsAtOnce(t *testing.T) {
	d := &device{now: noon}
	d.shows(1)
	d.now += 800 * ms
	d.Add(d.now, filmed("a", 1, 0, "on"))
	d.shows(1)
	expect(t, d, "800 a on", "800 a done on")
}

func TestDEV4_WhatComesAfterItsDeadlineIsLate(t *testing.T) {
	d := &device{now: noon + 3*second}
	d.Add(d.now, filmed("a", 1, 0, "on"))
	d.shows(1)
	expect(t, d, "3000 a late on", "3000 a off")
}

func TestDEV4_TheOutcomeTellsByWhichMethod(t *testing.T) {
	d := &device{now: noon}
	d.Add(d.now, filmed("a", 1, 0, "on"))
	d.Add(d.now, filmed("b", 2, 0, "on"))
	d.Add(d.now, at("c", noon+3*second, 0, "on"))
	d.Moment(noon+second, moment(1), "mapped", -3)
	ends := map[string]bundle.Event{}
	for _, now := range []int64{noon + second, noon + 2*second, noon + 3*second} {
		d.Tick(now, 0)
		for e, ok := d.Next(); ok; e, ok = d.Next() {
			if e.Kind == bundle.Run {
				d.Ran(e.ID, e.N, now, "")
				continue
			}
			ends[e.ID] = e
		}
	}
	for id, want := range map[string]bundle.Event{"a": {Method: "mapped", Off: -3}, "b": {Method: bundle.Deadline}, "c": {}} {
		if e := ends[id]; e.Outcome != bundle.Done || e.Method != want.Method || e.Off != want.Off {
			t.Errorf("%+v", e)
		}
	}
}

// One that takes over with its moment does so then, and not at its deadline; and what was to start before it is replaced already.
func TestDEV4_ItTakesOverWhenItStarts(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "up", 1000, "down", 1000, "up"))
	d.add(filmed("b", 1, 0, "on", 5000, "x"))
	d.until(noon + 500*ms)
	d.shows(1)
	d.add(at("c", noon+1900*ms, 0, "blink"))
	d.until(noon + 10*second)
	expect(t, d, "0 a up", "500 a replaced up", "500 a off", "500 b on", "1900 b replaced on", "1900 b off", "1900 c blink", "1900 c done blink")
}

// The frame says when: no clock is needed for that.
func TestDEV4_AMomentNeedsNoGoodClock(t *testing.T) {
	d := &device{now: noon, bound: second}
	for action := range uint32(2) {
		b := filmed(fmt.Sprint(action), action+1, 0, "on")
		b.MaxBound = 500 * ms
		d.Add(d.now, b)
	}
	d.shows(1)
	d.until(noon + 3*second)
	expect(t, d, "0 0 on", "0 0 done on", "2000 1 refused on", "2000 1 off")
}

func TestDEV4_AMomentWaitsForTheCommandThatRuns(t *testing.T) {
	d := &device{now: noon, takes: 500 * ms}
	d.Add(d.now, at("a", noon, 0, "slow"))
	d.Tick(d.now, 0)
	e, _ := d.Next()
	d.Add(d.now, filmed("b", 1, 0, "on"))
	d.Moment(noon+100*ms, moment(1), "frame", 0)
	d.Tick(noon+100*ms, 0)
	if e, ok := d.Next(); ok {
		t.Errorf("%+v while another one runs", e)
	}
	d.now = noon - second // the clock was wrong
	d.Ran(e.ID, e.N, d.now, "")
	d.takes = 0
	d.settle()
	expect(t, d, "-1000 a done slow", "-1000 b on", "-1000 b done on")
}

// beside is a bundle that replaces nothing.
func beside(id string, list ...any) *bundle.Bundle {
	b := &bundle.Bundle{ID: id, Commands: commands(list...), Beside: true}
	return b
}

func TestDEV5_WhatRunsBesideReplacesNothing(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "on", 1000, "off"))
	d.until(noon + 500*ms)
	d.add(beside("b", 0, "read", 0, "write"))
	d.until(noon + 2*second)
	d.add(beside("c", 0, "read"))
	expect(t, d, "0 a on", "500 b read", "500 b write", "500 b done write", "1000 a off", "1000 a done off", "2000 c read", "2000 c done read")
}

func TestDEV5_ManyBesideRunInTheirOrder(t *testing.T) {
	d := &device{now: noon, takes: ms}
	var want []string
	for i := range 20 {
		d.Add(d.now, beside(fmt.Sprint(i), 0, "click"))
		want = append(want, fmt.Sprintf("%d %d click", i, i), fmt.Sprintf("%d %d done click", i+1, i))
	}
	d.settle()
	expect(t, d, want...)
}

func TestDEV5_WhatFailsBesideIsItsOwnAffair(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "on", 1000, "off"))
	b := beside("b", 0, "bad", 0, "never")
	b.Recovery = commands(100, "sorry")
	d.add(b)
	d.until(noon + 2*second)
	expect(t, d, "0 a on", "0 b bad", "0 b failed bad", "100 b sorry", "1000 a off", "1000 a done off")
}

func TestDEV4_BesideWithAMoment(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "on", 1000, "off"))
	for action := range uint32(3) {
		b := beside(fmt.Sprint(action), 0, "click")
		b.At, b.Moment = noon+2*second, moment(action+1)
		d.add(b)
	}
	d.until(noon + 300*ms)
	d.shows(2)
	d.until(noon + 700*ms)
	d.shows(1)
	d.until(noon + 5*second)
	expect(t, d, "0 a on", "300 1 click", "300 1 done click", "700 0 click", "700 0 done click", "1000 a off", "1000 a done off", "2000 2 click", "2000 2 done click")
}

// Every bundle with a moment starts exactly once: with it if it was told in time, be it before or after the bundle came, else at its deadline.
func TestDEV4_EveryMomentStartsItsBundleOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &device{now: noon}
		type plan struct{ arrives, shown, deadline int64 }
		plans := map[uint32]plan{}
		for action := range uint32(rapid.IntRange(1, 6).Draw(t, "bundles")) {
			arrives := rapid.Int64Range(0, 900).Draw(t, "arrives")
			plans[action+1] = plan{arrives, rapid.Int64Range(0, 2000).Draw(t, "shown"), rapid.Int64Range(arrives, 1500).Draw(t, "deadline")}
		}
		shown := map[uint32]bool{}
		for tick := range int64(2100) {
			d.until(noon + tick*ms)
			for action := range uint32(7) {
				p, planned := plans[action]
				if planned && p.shown == tick {
					shown[action] = true
					d.shows(action)
				}
				if planned && p.arrives == tick {
					b := beside(fmt.Sprint(action), 0, "click")
					b.At, b.Moment = noon+p.deadline*ms, moment(action)
					d.add(b)
					if shown[action] {
						d.shows(action) // as the driver remembers
					}
				}
			}
		}
		var want []string
		for action, p := range plans {
			start := min(max(p.shown, p.arrives), p.deadline)
			want = append(want, fmt.Sprintf("%d %d click", start, action), fmt.Sprintf("%d %d done click", start, action))
		}
		slices.Sort(want)
		slices.Sort(d.log)
		if !slices.Equal(d.log, want) {
			t.Fatalf("%q, not\n%q", d.log, want)
		}
	})
}
