package client_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Film has a device switch a pin with an action of bob's in a meeting, made so many ms ago.
func (l *Lights) Film(tx *server.Tx, device string, action uint32, ago, within int64) error {
	m := server.Moment{Room: "alice/meeting/room", Member: "bobs-own", Action: action, At: tx.Now().Add(-time.Duration(ago) * time.Millisecond)}
	b := server.NewBundle().Do("pin", true).Deadline(time.Duration(within) * time.Millisecond).Tolerance(10 * time.Second) // busy machines are late
	return tx.Device(device).RunWithMedia(b, m)
}

// film is what a device sees: the test tells what is shown.
type film struct {
	asked     chan client.Moment
	came      chan func(method string, off time.Duration)
	cancelled chan uint32
}

func newFilm() *film {
	return &film{make(chan client.Moment, 100), make(chan func(string, time.Duration), 100), make(chan uint32, 100)}
}

func (f *film) moments(m client.Moment, deadline time.Time, came func(string, time.Duration)) func() {
	f.asked <- m
	f.came <- came
	return func() { f.cancelled <- m.Action }
}

func TestDEV4_AGadgetRunsABundleWithItsMoment(t *testing.T) {
	l := startLights(t)
	p, f := newPins(), newFilm()
	l.device("lamp", client.DeviceOptions{Commands: p.commands(), Moments: f.moments})
	l.call(nil, "Film", "lamp", 3, 100, 60_000)
	m := <-f.asked
	if m.Room != "lights:alice/meeting/room" || m.Member != "bobs-own" || m.Action != 3 || m.At.IsZero() {
		t.Errorf("%+v", m)
	}
	if p.count() != 0 {
		t.Error("it ran before its moment")
	}
	came := <-f.came
	came("frame", 1500*time.Microsecond)
	came("frame", 0) // it is told once, and heard once
	p.expect(t, "true")
	if o := l.outcomes(1)[0]; o.Result != "done" || o.Method != "frame" || o.Off != 1500*time.Microsecond {
		t.Errorf("%+v", o)
	}
	if n := <-f.cancelled; n != 3 || p.args[0].Method != "frame" {
		t.Error(n, p.args[0].Method)
	}
}

func TestDEV4_WhatHasComeAlreadyRunsAtOnce(t *testing.T) {
	l := startLights(t)
	p := newPins()
	l.device("lamp", client.DeviceOptions{Commands: p.commands(), Moments: func(_ client.Moment, _ time.Time, came func(string, time.Duration)) func() {
		came("mapped", 0)
		return nil
	}})
	l.call(nil, "Film", "lamp", 1, 100, 60_000)
	p.expect(t, "true")
	if o := l.outcomes(1)[0]; o.Result != "done" || o.Method != "mapped" {
		t.Errorf("%+v", o)
	}
}

func TestDEV4_AGadgetWithoutVideoRunsABundleAtItsDeadline(t *testing.T) {
	l := startLights(t)
	p := newPins()
	l.device("lamp", client.DeviceOptions{Commands: p.commands()})
	l.device("buzzer", client.DeviceOptions{Commands: p.commands(), Moments: func(client.Moment, time.Time, func(string, time.Duration)) func() { panic("no video") }, OnError: func(error) {}})
	l.call(nil, "Film", "lamp", 1, 0, 600)
	l.call(nil, "Film", "buzzer", 1, 0, 600)
	p.expect(t, "true", "true")
	for _, o := range l.outcomes(2) {
		if o.Result != "done" || o.Method != "deadline" || o.Off != 0 {
			t.Errorf("%+v", o)
		}
	}
}

// What waits for a moment lets go of it when the device ends.
func TestDEV4_ADeviceThatEndsWaitsForNoMoment(t *testing.T) {
	l := startLights(t)
	f := newFilm()
	d := l.device("lamp", client.DeviceOptions{Commands: newPins().commands(), Moments: f.moments})
	l.call(nil, "Film", "lamp", 1, 0, 60_000)
	came := <-f.came
	d.Close()
	<-f.cancelled
	came("frame", 0)
}

// Many click at once: every command runs, and each has an answer.
func TestDEV5_CommandsOfManyAllRun(t *testing.T) {
	l := startLights(t)
	p := newPins()
	var want []string
	l.device("lamp", client.DeviceOptions{Commands: p.commands()})
	var who []any
	for i := range 20 {
		who, want = append(who, fmt.Sprint("guest", i)), append(want, "true")
	}
	l.call(nil, "DeviceShare", "lamp", map[string]any{"with": who[:16], "may": []any{"write"}})
	var guests []*client.CA
	for _, name := range who {
		guests = append(guests, l.dial(guest(l.url, name.(string)), client.Options{}).CA(home, client.CAOptions{}))
	}
	errs := make(chan error, len(guests))
	for _, g := range guests {
		go func() { errs <- g.Call(t.Context(), nil, "DeviceDo", "lamp", "pin", []any{true}, nil) }()
	}
	refused := 0
	for range guests {
		if err := <-errs; err != nil {
			refused++ // those with whom it is not shared don't even get a session
		}
	}
	p.expect(t, want[:16]...)
	all := l.outcomes(16)
	if refused != 4 || slices.ContainsFunc(all, func(o server.Outcome) bool { return o.Result != "done" }) {
		t.Errorf("%d refused, %+v", refused, all)
	}
}

// shared is what the owner sees of a device's sharing.
type shared struct {
	With []struct {
		Who string   `cbor:"who"`
		May []string `cbor:"may"`
	} `cbor:"with"`
	Online bool `cbor:"online"`
}

func (l *lights) isOnline(device string, want bool) {
	l.t.Helper()
	var s shared
	for l.call(&s, "DeviceShared", device); s.Online != want; l.call(&s, "DeviceShared", device) {
		if l.t.Context().Err() != nil {
			l.t.Fatalf("%+v", s)
		}
	}
}

func TestDEV5_TheOwnerSeesWhetherADeviceIsDriven(t *testing.T) {
	l := startLights(t)
	l.call(nil, "DeviceReport", "lamp", map[string]any{}, []any{})
	l.isOnline("lamp", false)
	d := l.device("lamp", client.DeviceOptions{})
	l.isOnline("lamp", true)
	l.device("buzzer", client.DeviceOptions{})
	l.isOnline("buzzer", true)
	d.Close()
	l.isOnline("lamp", false)
	l.isOnline("buzzer", true)
}
