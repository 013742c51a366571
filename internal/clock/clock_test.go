package clock

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func TestFakeRunsInOrderAtTheirInstants(t *testing.T) {
	f := NewFake(start)
	var got []string
	note := func(name string) func() {
		return func() { got = append(got, fmt.Sprint(name, f.Now().Sub(start))) }
	}
	f.AfterFunc(3*time.Second, note("c"))
	f.AfterFunc(time.Second, note("a"))
	f.AfterFunc(time.Second, note("b"))
	f.AfterFunc(time.Minute, note("late"))
	f.Advance(10 * time.Second)
	if want := []string{"a1s", "b1s", "c3s"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if f.Waiters() != 1 || !f.Now().Equal(start.Add(10*time.Second)) {
		t.Error(f.Waiters(), f.Now())
	}
}

func TestFakeRunsWhatCallbacksStart(t *testing.T) {
	f := NewFake(start)
	ticks, atOnce := 0, false
	var tick func()
	tick = func() {
		ticks++
		f.AfterFunc(time.Second, tick)
		f.AfterFunc(0, func() { atOnce = true })
	}
	f.AfterFunc(time.Second, tick)
	f.Advance(5 * time.Second)
	if ticks != 5 || !atOnce || f.Waiters() != 1 {
		t.Error(ticks, atOnce, f.Waiters())
	}
}

func TestFakeTimerStopAndReset(t *testing.T) {
	f := NewFake(start)
	runs := 0
	timer := f.AfterFunc(time.Second, func() { runs++ })
	if !timer.Stop() || timer.Stop() {
		t.Error("Stop tells whether it prevented the call")
	}
	f.Advance(time.Minute)
	if timer.Reset(time.Second) {
		t.Error("a stopped timer was not waiting")
	}
	if !timer.Reset(2 * time.Second) {
		t.Error("a started one was")
	}
	f.Advance(time.Second)
	if runs != 0 {
		t.Error("the old instant ran")
	}
	f.Advance(time.Second)
	if runs != 1 || timer.Stop() {
		t.Error("it should have run once:", runs)
	}
	timer.Reset(-1)
	f.Advance(0)
	if runs != 2 {
		t.Error("Advance waits for what was started at once")
	}
}

func TestFakeSetBackKeepsRemainingTime(t *testing.T) {
	f := NewFake(start)
	ran := false
	f.AfterFunc(time.Second, func() { ran = true })
	f.Set(start.Add(-time.Hour))
	f.Advance(time.Second - 1)
	if ran {
		t.Error("too early")
	}
	f.Set(start.Add(-time.Hour + time.Second))
	if !ran || !f.Now().Equal(start.Add(-time.Hour+time.Second)) {
		t.Error("it should have run", f.Now())
	}
}

func TestFakeBlockUntil(t *testing.T) {
	f := NewFake(start)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.BlockUntil(2)
	}()
	f.AfterFunc(time.Second, func() {})
	f.AfterFunc(time.Second, func() {})
	<-done
	f.Advance(time.Second)
}

func TestFakeCallbackMayGiveUpItsGoroutine(t *testing.T) {
	f := NewFake(start)
	f.AfterFunc(time.Second, runtime.Goexit)
	f.Advance(time.Second) // returns although the callback never did
}

func TestFakeIsSafeFromManyGoroutines(t *testing.T) {
	f := NewFake(start)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				timer := f.AfterFunc(time.Duration(i)*time.Millisecond, func() { f.Now() })
				switch i % 3 {
				case 0:
					timer.Stop()
				case 1:
					timer.Reset(time.Millisecond)
				default:
					f.Advance(time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	f.Advance(time.Second)
	if f.Waiters() != 0 {
		t.Error(f.Waiters())
	}
}

func TestFakeRunsEachTimerOnceWhenDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := NewFake(start)
		due := rapid.SliceOf(rapid.IntRange(1, 100)).Draw(t, "due")
		var got []int
		for _, d := range due {
			f.AfterFunc(time.Duration(d), func() { got = append(got, d) })
		}
		for _, step := range rapid.SliceOf(rapid.IntRange(0, 40)).Draw(t, "steps") {
			f.Advance(time.Duration(step))
		}
		var want []int
		for _, d := range due {
			if !start.Add(time.Duration(d)).After(f.Now()) {
				want = append(want, d)
			}
		}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("ran %v, want %v", got, want)
		}
	})
}

func TestRealCallsBack(t *testing.T) {
	done := make(chan struct{})
	timer := Real().AfterFunc(time.Hour, func() { close(done) })
	if !timer.Reset(0) {
		t.Error("it was waiting")
	}
	<-done
	if timer.Stop() || Real().Now().IsZero() {
		t.Error("it has run")
	}
}

func TestMicros(t *testing.T) {
	for _, us := range []int64{0, 1, -1, 1_900_000_000_123_456} {
		if got := Micros(FromMicros(us)); got != us || FromMicros(us).Location() != time.UTC {
			t.Error(us, got)
		}
	}
}
