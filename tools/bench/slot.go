package main

import (
	"context"
	"encoding/gob"
	"os"
	"strconv"
	"time"

	"github.com/wabgo/wab/internal/store"
)

// slot is what one turn of a load gave, and what it cost the process that served it.
type slot struct {
	Operations int64
	PerSecond  float64
	CPU        time.Duration // user and system, of the serving process
}

func (s slot) cpuMicros() float64 {
	return float64(s.CPU) / float64(time.Microsecond) / float64(max(1, s.Operations))
}

// slot runs a load of prepared commits for a while; args are how many are in flight and for how long, in milliseconds.
func (b *bare) slot(ctx context.Context, of func(inFlight int, cas []string) load, cas, args []string) (s slot, err error) {
	inFlight, err := strconv.Atoi(args[0])
	if err != nil {
		return s, err
	}
	millis, err := strconv.Atoi(args[1])
	if err != nil {
		return s, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(millis)*time.Millisecond)
	defer cancel()
	return measure(cpuUsed, func() (int64, error) { return of(inFlight, cas).until(ctx) })
}

// paceEvery is how often a paced load begins what is due: one timer for all, so that pacing costs next to nothing.
const paceEvery = time.Millisecond

// paced runs prepared commits at a pace: args are how many may be in flight, for how many milliseconds, and how many a second.
func (b *bare) paced(ctx context.Context, cas, args []string) (s slot, err error) {
	var numbers [3]int
	for i := range numbers {
		if numbers[i], err = strconv.Atoi(args[i]); err != nil {
			return s, err
		}
	}
	return measure(cpuUsed, func() (int64, error) {
		return b.pace(ctx, cas, numbers[0], time.Duration(numbers[1])*time.Millisecond, float64(numbers[2]))
	})
}

func (b *bare) pace(ctx context.Context, cas []string, inFlight int, d time.Duration, perSecond float64) (n int64, err error) {
	free := make(chan error, inFlight)
	for range inFlight {
		free <- nil
	}
	done := func(r store.Result) { free <- r.Err }
	tick := time.NewTicker(paceEvery)
	defer tick.Stop()
	start := time.Now()
	for past := time.Duration(0); past < d && err == nil; past = time.Since(start) {
		for ; float64(n) < past.Seconds()*perSecond && len(free) > 0 && err == nil; n++ {
			if err = <-free; err == nil {
				b.committer.Submit(store.Write{CA: cas[int(n)%len(cas)]}, done)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	for range inFlight {
		if err == nil {
			err = <-free
		}
	}
	return n, err
}

// measure runs a load and reads the serving process's CPU before and after it.
func measure(cpu func() (time.Duration, error), run func() (int64, error)) (s slot, err error) {
	before, err := cpu()
	if err != nil {
		return s, err
	}
	start := time.Now()
	if s.Operations, err = run(); err != nil {
		return s, err
	}
	s.PerSecond = float64(s.Operations) / time.Since(start).Seconds()
	after, err := cpu()
	s.CPU = after - before
	return s, err
}

// Recorded writes travel to children in a file.
func writeWrites(path string, all []store.Write) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return gob.NewEncoder(f).Encode(all)
}

func readWrites(path string) (all []store.Write, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	err = gob.NewDecoder(f).Decode(&all)
	return all, err
}
