package client

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/link"
)

// unsureDevice is a device whose clock knows nothing since a sleep, and which nobody has heard of for long.
func unsureDevice(t *testing.T, opt DeviceOptions) *Device {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return newDevice(&Client{ctx: ctx, t0: time.Now(), doubt: true, link: link.New(link.Config{})}, "lamp", opt)
}

func TestDEV3_ADeviceWhoseClockKnowsNothingDoesNotSpin(t *testing.T) {
	d := unsureDevice(t, DeviceOptions{})
	if wait, exact := d.pause(); wait != unsure || exact {
		t.Errorf("it looks again in %v, %v", wait, exact)
	}
}

func TestDEV3_ALoopOfADeviceWhoseClockKnowsNothingGoesOn(t *testing.T) {
	loops := 0
	d := unsureDevice(t, DeviceOptions{Loop: func(*Device) error { loops++; return errors.New("slow") }, OnError: func(error) {}})
	d.pace.took = time.Minute
	if d.loop(d.runDue()); loops != 1 {
		t.Error("it waits for commands that nobody knows the time of")
	}
}
