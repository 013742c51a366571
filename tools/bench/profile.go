package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"time"
)

// profiles is the folder for profiles, empty for none.
var profiles string

// profilePath numbers the profiles of a name: pprof merges them.
func profilePath(name string) string {
	profiled++
	name = strconv.Itoa(profiled) + "-" + name
	path, err := filepath.Abs(filepath.Join(profiles, name))
	if err != nil {
		return filepath.Join(profiles, name)
	}
	return path
}

var (
	profile  *os.File // being written
	profiled int      // profiles so far
)

func startProfile(path string) (err error) {
	if profile, err = os.Create(path); err != nil {
		return err
	}
	return pprof.StartCPUProfile(profile)
}

func stopProfile() error {
	pprof.StopCPUProfile()
	return profile.Close()
}

func writeHeap(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("heap").WriteTo(f, 0), f.Close())
}

// profiledRate is a load's rate in this process; with -profile it leaves a CPU profile of it, the last one under a name.
func profiledRate(ctx context.Context, name string, l load, d time.Duration) (perSecond float64, err error) {
	if profiles == "" {
		return l.rate(ctx, d)
	}
	if err := startProfile(profilePath(name + ".cpu")); err != nil {
		return 0, err
	}
	perSecond, err = l.rate(ctx, d)
	return perSecond, errors.Join(err, stopProfile())
}
