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

// slot runs prepared commits for a while; args are how many are in flight and for how long, in milliseconds.
func (b *bare) slot(ctx context.Context, cas, args []string) (s slot, err error) {
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
	return measure(cpuUsed, func() (int64, error) { return b.load(inFlight, cas).until(ctx) })
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
