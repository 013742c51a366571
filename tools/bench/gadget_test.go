package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/clocksync"
)

const (
	gadgetBorn = 1_900_000_000_000_000
	gadgetWarm = gadgetBorn + 28_000_000
)

func TestAGadgetsClockRunsBothWays(t *testing.T) {
	for i := range 200 {
		g := newGadget(i, gadgetBorn)
		for _, later := range []int64{0, 1, 1_000_000, 3_600_000_000} {
			if at := gadgetBorn + later; max(g.truth(g.local(at))-at, at-g.truth(g.local(at))) > 1 {
				t.Errorf("gadget %d shows %d, which it shows at %d, not at %d", i, g.local(at), g.truth(g.local(at)), at)
			}
		}
	}
}

func TestPongsArriveInOrder(t *testing.T) {
	var under []pong
	for _, at := range []int64{5, 2, 9, 2, 7} {
		under = post(under, pong{at: at})
	}
	for i := 1; i < len(under); i++ {
		if under[i-1].at > under[i].at {
			t.Fatal(under)
		}
	}
}

// TestGadgetsAreWarmInTime: the hundredth pong has come before the post.
func TestGadgetsAreWarmInTime(t *testing.T) {
	for i := range 500 {
		g := newGadget(i, gadgetBorn)
		var c clocksync.Clock
		if last := g.warm(&c, gadgetBorn, warmUpPings); last > gadgetWarm || !c.Settled() {
			t.Errorf("gadget %d has its last pong %d µs after the first ping", i, last-gadgetBorn)
		}
	}
}

// life is what becomes of a bundle that a warm gadget gets so many µs before its time.
func life(t *testing.T, i int, ahead int64, encoded func(at int64) []byte) (ran []execution, ends []bundle.Event) {
	t.Helper()
	g := newGadget(i, gadgetBorn)
	var c clocksync.Clock
	at := max(g.warm(&c, gadgetBorn, warmUpPings), gadgetWarm)
	ended := func(e bundle.Event) { ends = append(ends, e) }
	g.take(&c, at, encoded(at+ahead), ended)
	for at != 0 {
		next := g.act(&c, at, func(x execution) { ran = append(ran, x) }, ended)
		if next != 0 && next < at {
			t.Fatalf("gadget %d goes back by %d µs", i, at-next)
		}
		at = next
	}
	return ran, ends
}

// TestAGadgetRunsByItsOwnClock: at the instants of the bundle, as far as its clock knows them.
func TestAGadgetRunsByItsOwnClock(t *testing.T) {
	const most = 30_000 // µs
	for i := range 100 {
		ran, ends := life(t, i, 2_000_000, buzzAt)
		if len(ran) != buzzRuns || len(ends) != 1 || ends[0].Outcome != bundle.Done {
			t.Fatalf("gadget %d: %v %v", i, ran, ends)
		}
		if between := ran[1].due - ran[0].due; between != buzzFor.Microseconds() {
			t.Errorf("gadget %d buzzes for %d µs", i, between)
		}
		for _, x := range ran {
			if off := max(x.at-x.due, x.due-x.at); off > most {
				t.Errorf("gadget %d is off by %d µs", i, off)
			}
		}
	}
}

func TestAGadgetDropsWhatIsLateAndWhatItCannotRead(t *testing.T) {
	ran, ends := life(t, 1, -1_000_000, buzzAt)
	if len(ends) != 1 || ends[0].Outcome != bundle.Late || len(ran) != 1 { // the recovery
		t.Error("of a late bundle:", ran, ends)
	}
	ran, ends = life(t, 1, 0, func(int64) []byte { return []byte{0x80} })
	if len(ends) != 1 || ends[0].Outcome != bundle.Refused || len(ran) != 0 {
		t.Error("of no bundle:", ran, ends)
	}
}

// TestAFleetTellsWhoWasLate: those that were dropped, and those that never heard.
func TestAFleetTellsWhoWasLate(t *testing.T) {
	t.Parallel()
	f := newFleet(3, clock.Micros(time.Now()))
	ctx, end := context.WithCancel(context.Background())
	defer end()
	heard := make(chan bundle.Event, 2)
	f.ended = func(_ int, e bundle.Event) { heard <- e }
	f.run(ctx)
	now := clock.Micros(time.Now())
	f.deliver(0, buzzAt(now+10_000_000)) // machines may be busy
	f.deliver(1, buzzAt(now-1_000_000))
	got := map[bundle.Outcome]bool{(<-heard).Outcome: true, (<-heard).Outcome: true}
	end()
	f.wait()
	if s := f.show(buzzRuns); s.late != 2 || !got[bundle.Done] || !got[bundle.Late] || len(s.lags) < 3 {
		t.Errorf("%d were late; outcomes %v; %d lags", s.late, got, len(s.lags))
	}
}

func TestAReportIsTheFrameworks(t *testing.T) {
	if args := reportOf(bundle.Event{ID: "x", Outcome: bundle.Done}); args[0] != 0x83 || !strings.Contains(string(args), homeDevice) {
		t.Errorf("%x", args)
	}
}
