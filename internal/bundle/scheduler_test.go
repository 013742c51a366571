package bundle_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/bundle"
)

const (
	ms     = 1000
	second = 1000 * ms
	noon   = 1_900_000_000 * second
)

// A device drives a scheduler. Its commands note their instants; a failing one is called "bad".
type device struct {
	bundle.Scheduler
	now, bound int64
	takes      int64    // how long a command takes
	log        []string // in ms after noon
}

func (d *device) add(b *bundle.Bundle) {
	d.Add(d.now, b)
	d.settle()
}

// settle does what is due.
func (d *device) settle() {
	d.Tick(d.now, d.bound)
	for e, ok := d.Next(); ok; e, ok = d.Next() {
		if e.Kind == bundle.End {
			d.note("%s %s %s", e.ID, e.Outcome, e.Command.Name)
			continue
		}
		d.note("%s %s", e.ID, e.Command.Name)
		at, failure := d.now, ""
		if e.Command.Name == "bad" {
			failure = "It is broken."
		}
		d.now += d.takes
		d.Ran(e.ID, e.N, at, failure)
		d.Tick(d.now, d.bound)
	}
}

func (d *device) note(format string, args ...any) {
	d.log = append(d.log, fmt.Sprintf("%d ", (d.now-noon)/ms)+fmt.Sprintf(format, args...))
}

// until lets time pass, and wakes when it is asked for.
func (d *device) until(at int64) {
	for wake := d.Wake(); wake != 0 && wake <= at; wake = d.Wake() {
		d.now = max(d.now, wake)
		d.settle()
	}
	d.now = at
}

// commands is a list: after, in ms, and name, and so on.
func commands(list ...any) (out []bundle.Command) {
	for i := 0; i < len(list); i += 2 {
		out = append(out, bundle.Command{After: int64(list[i].(int)) * ms, Name: list[i+1].(string)})
	}
	return out
}

func at(id string, at int64, list ...any) *bundle.Bundle {
	return &bundle.Bundle{ID: id, At: at, Commands: commands(list...), Recovery: commands(0, "off")}
}

func expect(t *testing.T, d *device, want ...string) {
	t.Helper()
	if !slices.Equal(d.log, want) {
		t.Errorf("%q, not\n%q", d.log, want)
	}
}

func TestDEV2_CommandsRunAtTheirInstants(t *testing.T) {
	d := &device{now: noon - 5*second}
	d.add(at("a", noon, 0, "on", 340, "off", 1000, "on"))
	d.until(noon + 10*second)
	expect(t, d, "0 a on", "340 a off", "1340 a on", "1340 a done on")
}

func TestDEV2_ABundleTakesOverAtItsStartAndNotOnReceipt(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "on", 1000, "up", 1000, "down"))
	d.until(noon + 100*ms)
	d.add(at("b", noon+2*second, 0, "blink"))
	d.until(noon + 5*second)
	expect(t, d, "0 a on", "1000 a up", "2000 a replaced up", "2000 a off", "2000 b blink", "2000 b done blink")
}

func TestDEV2_WhatComesAgainIsKnown(t *testing.T) {
	d := &device{now: noon}
	for range 3 {
		d.add(at("a", 0, 0, "on", 100, "off"))
		d.until(d.now + second)
	}
	expect(t, d, "0 a on", "100 a off", "100 a done off")
	for i := range bundle.MaxKnown {
		d.add(at(fmt.Sprint(i), 0))
	}
	d.log = nil
	d.add(at("999", 0))
	d.add(at("a", 0, 0, "on"))
	if len(d.log) != 2 {
		t.Error(d.log)
	}
}

func TestDEV2_LateBundles(t *testing.T) {
	for _, c := range []struct {
		late  bundle.Policy
		after int64 // ms after noon, when it comes
		want  []string
	}{
		{bundle.Drop, 40, []string{"40 a one", "1000 a two", "2000 a three", "2000 a done three"}},
		{bundle.Drop, 60, []string{"60 a late one", "60 a off"}},
		{bundle.RunNow, 1500, []string{"1500 a one", "1500 a two", "2000 a three", "2000 a done three"}},
		{bundle.RunNow, 9000, []string{"9000 a one", "9000 a two", "9000 a three", "9000 a done three"}},
		{bundle.RunRest, 1500, []string{"2000 a three", "2000 a done three"}},
		{bundle.RunRest, 9000, []string{"9000 a late one", "9000 a off"}},
	} {
		d := &device{now: noon + c.after*ms}
		b := at("a", noon, 0, "one", 1000, "two", 1000, "three")
		b.Late = c.late
		d.add(b)
		d.until(noon + 20*second)
		expect(t, d, c.want...)
	}
}

func TestDEV2_LateInTheMiddle(t *testing.T) {
	for policy, want := range [][]string{
		{"0 a one", "1500 a late two", "1500 a off"},
		{"0 a one", "1500 a two", "2000 a three", "2000 a done three"},
		{"0 a one", "2000 a three", "2000 a done three"},
	} {
		d := &device{now: noon}
		b := at("a", noon, 0, "one", 1000, "two", 1000, "three")
		b.Late = bundle.Policy(policy)
		d.add(b)
		d.now = noon + 1500*ms // it slept
		d.settle()
		d.until(noon + 20*second)
		expect(t, d, want...)
	}
}

func TestDEV2_WhatStartsNotReplacesNothingAndDisturbsNobody(t *testing.T) {
	d := &device{now: noon}
	d.add(at("a", noon, 0, "on", 5000, "done"))
	d.until(noon + 4*second)
	d.add(at("late", noon+second, 0, "x"))
	expired := at("expired", 0, 0, "x")
	expired.Expires = noon
	d.add(expired)
	old := at("old", noon-second, 0, "x")
	old.Late = bundle.RunNow
	d.add(old)
	refused := at("refused", 0, 0, "x")
	refused.MaxBound, d.bound = 10*ms, 11*ms
	d.add(refused)
	d.until(noon + 20*second)
	expect(t, d, "0 a on", "4000 late late x", "4000 expired expired x", "4000 old replaced x", "4000 refused refused x",
		"5000 a done", "5000 a done done")
}

func TestDEV3_AClockThatIsNotGoodEnoughIsTold(t *testing.T) {
	d := &device{now: noon, bound: 10*ms + 1}
	b := at("a", noon+second, 0, "on")
	b.MaxBound = 10 * ms
	d.add(b)
	d.until(noon + 2*second)
	expect(t, d, "1000 a refused on", "1000 a off")

	d = &device{now: noon, bound: second}
	d.add(b)
	d.bound = 10 * ms // it has become good enough
	d.until(noon + 2*second)
	expect(t, d, "1000 a on", "1000 a done on")
}

func TestDEV2_FailuresAreRecoveredFrom(t *testing.T) {
	d := &device{now: noon}
	b := at("a", noon, 0, "on", 100, "bad", 100, "on")
	b.Recovery = commands(0, "bad", 50, "off")
	d.add(b)
	d.until(noon + second)
	expect(t, d, "0 a on", "100 a bad", "100 a failed bad", "100 a bad", "150 a off")
}

func TestDEV2_UnknownCommandsAreToldOnReceipt(t *testing.T) {
	d := &device{now: noon}
	d.Knows = func(name string) bool { return name != "fly" }
	d.add(at("a", noon+second, 0, "on", 0, "fly"))
	b := at("b", noon+second, 0, "on")
	b.Recovery = commands(0, "fly")
	d.add(b)
	d.until(noon + 2*second)
	expect(t, d, "0 a unknown fly", "0 b unknown fly")
}

func TestDEV2_RecoveryHurriesForWhatComesNext(t *testing.T) {
	d := &device{now: noon}
	a := at("a", noon, 0, "on", 5000, "x")
	a.Recovery = commands(0, "brake", 300, "off")
	d.add(a)
	d.add(at("b", noon+second, 200, "on"))
	d.until(noon + 10*second)
	expect(t, d, "0 a on", "1000 a replaced on", "1000 a brake", "1200 a off", "1200 b on", "1200 b done on")

	d = &device{now: noon}
	d.add(a)
	d.add(at("b", noon+second, 200, "bad"))
	d.add(at("c", noon+second+100*ms))
	d.until(noon + 10*second)
	expect(t, d, "0 a on", "1000 a replaced on", "1000 a brake", "1100 a off", "1100 b replaced bad", "1100 c done ", "1100 b off")
}

func TestDEV2_OnArrivalWaitsForNoClock(t *testing.T) {
	d := &device{now: noon, takes: second} // while a command runs, another bundle arrives, and the clock goes back
	d.Add(d.now, at("a", 0, 0, "on"))
	d.Tick(d.now, 0)
	e, _ := d.Next()
	b := at("b", 0, 0, "on", 100, "off")
	d.Add(d.now, b)
	d.now = noon - 3600*second
	d.Ran(e.ID, e.N, d.now, "")
	d.takes = 0
	d.settle()
	d.now -= 3600 * second
	d.settle()
	d.until(d.now + second)
	expect(t, d, "-3600000 a done on", "-3600000 b on", "-7199900 b off", "-7199900 b done off")
}

func TestDEV2_LongBundlesDontDrift(t *testing.T) {
	d := &device{now: noon - second, takes: 3}
	b := &bundle.Bundle{ID: "a", At: noon}
	for range bundle.MaxCommands {
		b.Commands = append(b.Commands, bundle.Command{After: 86_399_999, Name: "tick"})
	}
	d.Add(d.now, b)
	d.Tick(noon, 0)
	for n := int64(1); n <= bundle.MaxCommands; n++ {
		d.now = d.Wake() + n%7 // each a little late
		d.Tick(d.now, 0)
		e, ok := d.Next()
		if !ok || e.Due != noon+n*86_399_999 {
			t.Fatalf("command %d is due at %d", n, e.Due)
		}
		d.Ran(e.ID, e.N, d.now, "")
	}
}

func TestOnlyWhatWasAskedForIsHeard(t *testing.T) {
	d := &device{now: noon}
	d.Ran("a", 0, noon, "")
	d.Add(noon, at("a", noon, 0, "on", 0, "off"))
	d.Tick(noon, 0)
	d.Ran("a", 1, noon, "")
	d.Ran("b", 0, noon, "")
	d.Tick(noon, 0)
	if e, ok := d.Next(); !ok || e.N != 0 {
		t.Error(e)
	}
	if e, ok := d.Next(); ok || d.Wake() != 0 {
		t.Error("more was asked for before the first had run:", e)
	}
}

func TestTooManyWait(t *testing.T) {
	d := &device{now: noon}
	for i := range bundle.MaxWaiting + 1 {
		d.add(at(fmt.Sprint(i), noon+second, 0, "on"))
	}
	expect(t, d, "0 256 refused on")
}

func TestDEV2_LeftOutAtTheEnd(t *testing.T) {
	d := &device{now: noon}
	b := at("a", noon, 0, "one", 1000, "two")
	b.Late = bundle.RunRest
	d.add(b)
	d.now += 2 * second
	d.settle()
	expect(t, d, "0 a one", "2000 a done one")
}

func TestDEV2_RecoveriesComeOneAfterTheOther(t *testing.T) {
	d := &device{now: noon}
	a, b := at("a", noon, 0, "on", 5000, "x"), at("b", noon+second, 0, "bad")
	a.Recovery, b.Recovery = commands(500, "stop", 500, "off"), commands(100, "off")
	d.add(a)
	d.add(b)
	d.until(noon + 10*second)
	expect(t, d, "0 a on", "1000 a replaced on", "1000 a stop", "1000 a off", "1000 b bad", "1000 b failed bad", "1100 b off")
}

func TestDEV2_ARecoveryHurriesForAnother(t *testing.T) {
	d := &device{now: noon}
	a := at("a", noon, 0, "bad")
	a.Recovery = commands(500, "stop")
	d.add(a)
	d.until(noon + 100*ms)
	late := at("late", noon+1, 0, "x")
	late.Tolerance = 1
	d.add(late)
	expect(t, d, "0 a bad", "0 a failed bad", "100 late late x", "100 a stop", "100 late off")
}

// A bundle may wait for a year, while thousands come and go. What is delivered again then must not run twice.
func TestDEV2_WhatWaitsForLongIsKnownAllTheTime(t *testing.T) {
	d := &device{now: noon}
	far := &bundle.Bundle{ID: "far", At: noon + 3600*second, Commands: []bundle.Command{{Name: "pin"}}}
	d.add(far)
	for i := range 2 * bundle.MaxKnown {
		d.add(&bundle.Bundle{ID: fmt.Sprint(i), Commands: []bundle.Command{{Name: "pin"}}})
	}
	d.log = nil
	d.add(far)
	d.until(noon + 7200*second)
	d.add(far)
	d.until(noon + 7300*second)
	if !slices.Equal(d.log, []string{"3600000 far pin", "3600000 far done pin"}) {
		t.Errorf("%q", d.log)
	}
}
