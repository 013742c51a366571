package client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Lights has devices, and keeps what became of their bundles.
type Lights struct{ Outcomes []server.Outcome }

func (l *Lights) Token(tx *server.Tx, device string) (string, error) {
	return tx.Device(device).Token(time.Hour)
}

func (l *Lights) Want(tx *server.Tx, device, key string, value any) error {
	return tx.Device(device).Desired().Set(key, value)
}

// Blink lets a device be late by 10 s, for tests run on busy machines.
func (l *Lights) Blink(tx *server.Tx, device string, in, length int64) error {
	b := server.NewBundle().Do("pin", true).After(time.Duration(length)*time.Millisecond).Do("pin", false).Recover("pin", false).Tolerance(10 * time.Second)
	return tx.Device(device).RunAt(tx.Now().Add(time.Duration(in)*time.Millisecond), b)
}

// Tick gives a device n commands, 5 ms apart.
func (l *Lights) Tick(tx *server.Tx, device string, n int) error {
	b := server.NewBundle().Late(server.RunNow)
	for range n {
		b.After(5 * time.Millisecond).Do("tick")
	}
	return tx.Device(device).RunAt(tx.Now().Add(100*time.Millisecond), b)
}

// Now runs one command on arrival.
func (l *Lights) Now(tx *server.Tx, device, command string, args []any) error {
	return tx.Device(device).Run(server.NewBundle().Do(command, args...).Recover("pin", false), time.Minute)
}

func (l *Lights) Reported(tx *server.Tx, device string) (map[string]any, error) {
	all := map[string]any{}
	for key, value := range tx.Device(device).Reported().All() {
		var v any
		if err := value.Decode(&v); err != nil {
			return nil, err
		}
		all[key] = v
	}
	return all, nil
}

func (l *Lights) OnOutcome(tx *server.Tx, o server.Outcome) error {
	l.Outcomes = append(l.Outcomes, o)
	tx.Notify("*", len(l.Outcomes))
	return nil
}

func (l *Lights) All(*server.Tx) ([]server.Outcome, error) { return l.Outcomes, nil }

const home = "lights:alice/home"

func serveLights() (url string, stop func()) { return serveLightsAt(clock.Real()) }

func serveLightsAt(c clock.Clock) (url string, stop func()) {
	return serve(c, server.App{Name: "lights", New: func() server.CA { return new(Lights) }})
}

// lights is a server with the app, and alice's session with her CA.
type lights struct {
	t     *testing.T
	url   string
	token string // alice's own
	ca    *client.CA
	told  chan struct{} // has something after outcomes came
}

func startLights(t *testing.T) *lights { return startLightsAt(t, clock.Real()) }

func startLightsAt(t *testing.T, c clock.Clock) *lights {
	url, stop := serveLightsAt(c)
	t.Cleanup(stop)
	l := &lights{t: t, url: url, token: guest(url, "alice"), told: make(chan struct{}, 1)}
	l.ca = l.dial(l.token, client.Options{}).CA(home, client.CAOptions{Session: "owner", OnNote: func(client.Note) {
		select {
		case l.told <- struct{}{}:
		default:
		}
	}})
	return l
}

func (l *lights) dial(token string, opt client.Options) *client.Client {
	l.t.Helper()
	opt.Token = token
	c, err := client.Dial(l.t.Context(), l.url, opt)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { c.Close() })
	return c
}

func (l *lights) call(result any, method string, args ...any) {
	l.t.Helper()
	if err := l.ca.Call(l.t.Context(), result, method, args...); err != nil {
		l.t.Fatal(method, args, err)
	}
}

// fresh is a device's token.
func (l *lights) fresh(device string) (token string) {
	l.t.Helper()
	l.call(&token, "Token", device)
	return token
}

func (l *lights) device(name string, opt client.DeviceOptions) *client.Device {
	l.t.Helper()
	d, err := l.dial(l.fresh(name), client.Options{}).Device(l.t.Context(), home, name, opt)
	if err != nil {
		l.t.Fatal(err)
	}
	return d
}

// outcomes waits until so many have come.
func (l *lights) outcomes(n int) (all []server.Outcome) {
	l.t.Helper()
	for {
		if l.call(&all, "All"); len(all) >= n {
			return all
		}
		select {
		case <-l.told:
		case <-l.t.Context().Done():
			l.t.Fatalf("only %d outcomes", len(all))
		}
	}
}

// reported waits until the CA has a value of a device that is right.
func (l *lights) reported(device string, right func(map[string]any) bool) {
	l.t.Helper()
	changed := make(chan struct{}, 1)
	m, err := l.dial(l.token, client.Options{}).Map(l.t.Context(), home+"/"+device+"-reported", client.MapOptions{OnChange: func(client.MapChange) {
		select {
		case changed <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		l.t.Fatal(err)
	}
	for {
		all := map[string]any{}
		for key, value := range m.View().All() {
			var v any
			if err := client.Decode(value, &v); err != nil {
				l.t.Fatal(err)
			}
			all[key] = v
		}
		if right(all) {
			return
		}
		<-changed
	}
}

// pins notes what a pin is told.
type pins struct {
	mu   sync.Mutex
	list []string
	args []client.Args
	more chan struct{}
}

func newPins() *pins { return &pins{more: make(chan struct{}, 100)} }

func (p *pins) commands() map[string]func(*client.Device, client.Args) error {
	return map[string]func(*client.Device, client.Args) error{
		"pin": func(_ *client.Device, a client.Args) error {
			var on bool
			if err := a.Decode(&on); err != nil {
				return err
			}
			p.note(fmt.Sprint(on), a)
			return nil
		},
		"fail":  func(*client.Device, client.Args) error { return errors.New("the lamp is broken") },
		"panic": func(*client.Device, client.Args) error { panic("no lamp") },
	}
}

func (p *pins) note(what string, a client.Args) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list, p.args = append(p.list, what), append(p.args, a)
	p.more <- struct{}{}
}

func (p *pins) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.list)
}

func (p *pins) expect(t *testing.T, want ...string) {
	t.Helper()
	for p.count() < len(want) {
		<-p.more
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !slices.Equal(p.list, want) {
		t.Errorf("%q, not %q", p.list, want)
	}
	for _, a := range p.args {
		if a.Ran.Before(a.Due) {
			t.Errorf("%s ran at %v, before %v", a.Command, a.Ran, a.Due)
		}
	}
}

func code(err error) wire.Code {
	var coded *wire.Error
	errors.As(err, &coded)
	if coded == nil {
		return ""
	}
	return coded.Code
}

func TestDEV2_BundlesRunAndAreReported(t *testing.T) {
	l := startLights(t)
	p := newPins()
	l.device("lamp", client.DeviceOptions{Commands: p.commands()})
	l.call(nil, "Blink", "lamp", 50, 30)
	p.expect(t, "true", "false")
	o := l.outcomes(1)[0]
	if o.Result != "done" || o.Device != "lamp" || o.Command != "pin" || o.Ran.Before(o.Due) || o.Bound <= 0 {
		t.Errorf("%+v", o)
	}
	for _, a := range p.args {
		t.Log(a.Ran.Sub(a.Due), "late, ±", a.Bound)
	}
}

func TestDEV1_TheCAAnswersForADeviceThatIsAway(t *testing.T) {
	l := startLights(t)
	wants := make(chan string, 10)
	opt := client.DeviceOptions{OnDesired: func(d *client.Device) error {
		var color string
		if _, err := d.Desired("color", &color); err != nil {
			return err
		}
		wants <- color
		return d.Report("color", color)
	}}
	token := l.fresh("lamp")
	l.call(nil, "Want", "lamp", "color", "red") // before it was ever there
	c := l.dial(token, client.Options{})
	d, err := c.Device(t.Context(), home, "lamp", opt)
	if err != nil {
		t.Fatal(err)
	}
	if color := <-wants; color != "red" {
		t.Error(color)
	}
	if err := d.Report("watts", 5); err != nil {
		t.Error(err)
	}
	l.reported("lamp", func(all map[string]any) bool { return all["color"] == "red" && all["watts"] != nil })
	if err := d.Report("watts", nil); err != nil {
		t.Error(err)
	}
	d.Close() // with what is left to be said
	c.Close()
	var said map[string]any
	if l.call(&said, "Reported", "lamp"); len(said) != 1 || said["color"] != "red" {
		t.Error(said)
	}
}

func TestDEV2_WhatFailsIsReportedAndNothingElseHappens(t *testing.T) {
	l := startLights(t)
	p := newPins()
	var loops atomic.Int32
	looped := make(chan struct{}, 1)
	l.device("lamp", client.DeviceOptions{
		Commands: p.commands(), Every: time.Millisecond, OnError: func(error) {
			select {
			case looped <- struct{}{}:
			default: // handlers hold commands up: this one must not wait
			}
		},
		Loop: func(*client.Device) error {
			if loops.Add(1)%2 == 0 {
				panic("in a loop")
			}
			return errors.New("a loop's error")
		},
	})
	for i, c := range []struct{ command, result, err string }{
		{"fail", "failed", "the lamp is broken"}, {"panic", "failed", "no lamp"}, {"fly", "unknown", "fly"},
	} {
		l.call(nil, "Now", "lamp", c.command, []any{})
		o := l.outcomes(i + 1)[i]
		if o.Result != c.result || o.Command != c.command || !strings.Contains(o.Err, c.err) || strings.Contains(o.Err, ".go") {
			t.Errorf("%+v", o)
		}
	}
	l.call(nil, "Now", "lamp", "pin", []any{"on"})
	if o := l.outcomes(4)[3]; o.Result != "failed" || !strings.Contains(o.Err, "argument 1") {
		t.Errorf("%+v", o)
	}
	p.expect(t, "false", "false", "false") // to recover
	for loops.Load() < 4 {
		<-looped
	}
}

func TestAnotherGadgetOfTheSameNameTakesOver(t *testing.T) {
	l := startLights(t)
	token := l.fresh("lamp")
	var devices []*client.Device
	for range 2 {
		d, err := l.dial(token, client.Options{}).Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: newPins().commands()})
		if err != nil {
			t.Fatal(err)
		}
		devices = append(devices, d)
	}
	if err := devices[0].Wait(); code(err) != wire.Conflict || !strings.Contains(err.Error(), "lamp") {
		t.Error(err)
	}
	if devices[0].Report("x", 1) == nil {
		t.Error("a device that has ended still reports")
	}
	l.call(nil, "Now", "lamp", "pin", []any{true})
	if o := l.outcomes(1)[0]; o.Result != "done" {
		t.Errorf("%+v", o)
	}
}

func TestAnOldTokenEndsTheDevice(t *testing.T) {
	l := startLights(t)
	old := l.fresh("lamp")
	d, err := l.dial(old, client.Options{}).Device(t.Context(), home, "lamp", client.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l.fresh("lamp")
	if err := d.Wait(); code(err) != wire.Unauthenticated || !strings.Contains(err.Error(), "lamp") {
		t.Error(err)
	}
	if _, err := client.Dial(t.Context(), l.url, client.Options{Token: old}); code(err) != wire.Unauthenticated {
		t.Error(err)
	}
}

func TestWhatIsNoDevice(t *testing.T) {
	l := startLights(t)
	mine := l.dial(l.fresh("lamp"), client.Options{})
	stranger := l.dial(guest(l.url, "bob"), client.Options{})
	for _, c := range []struct {
		c    *client.Client
		name string
		code wire.Code
	}{
		{mine, "", wire.BadRequest}, {mine, "A b", wire.BadRequest}, {mine, strings.Repeat("x", 55), wire.BadRequest},
		{mine, "buzzer", wire.NotAllowed}, // the token is the lamp's
		{stranger, "lamp", wire.NotAllowed},
	} {
		if _, err := c.c.Device(t.Context(), home, c.name, client.DeviceOptions{}); code(err) != c.code {
			t.Errorf("%q: %v", c.name, err)
		}
	}
	why := errors.New("no bus")
	if _, err := mine.Device(t.Context(), home, "lamp", client.DeviceOptions{Setup: func(*client.Device) error { return why }}); !errors.Is(err, why) {
		t.Error(err)
	}
	if _, err := mine.Device(t.Context(), home, "lamp", client.DeviceOptions{Setup: func(*client.Device) error { panic("no bus") }}); err == nil {
		t.Error("a panic in Setup is no error")
	}
	d, err := mine.Device(t.Context(), home, "lamp", client.DeviceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	mine.Close()
	if err := d.Wait(); !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
	if _, err := mine.Device(t.Context(), home, "lamp", client.DeviceOptions{}); !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
}

func TestDEV2_CommandsAndLoopDontHoldEachOtherUp(t *testing.T) {
	l := startLights(t)
	p := newPins()
	loops := make(chan struct{}, 10_000)
	l.device("lamp", client.DeviceOptions{Commands: p.commands(), Every: time.Millisecond, Loop: func(*client.Device) error {
		for end := time.Now().Add(5 * time.Millisecond); time.Now().Before(end); {
		}
		loops <- struct{}{}
		return nil
	}})
	for i := range 20 {
		l.call(nil, "Blink", "lamp", 100+i*17, 10)
	}
	<-loops
	for _, o := range l.outcomes(20) {
		if o.Result != "done" && o.Result != "replaced" {
			t.Errorf("%+v", o)
		}
	}
	for range 5 {
		<-loops
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var worst time.Duration
	for _, a := range p.args {
		worst = max(worst, a.Ran.Sub(a.Due))
	}
	t.Log("the latest command was late by", worst)
}

// shifted is a clock that is wrong.
type shifted struct {
	clock.Clock
	by time.Duration
}

func (s shifted) Now() time.Time { return s.Clock.Now().Add(s.by) }

func TestDEV3_ClocksThatAreHoursApart(t *testing.T) {
	for _, by := range []time.Duration{-5 * time.Hour, 9 * time.Hour} {
		l := startLightsAt(t, shifted{clock.Real(), by})
		p := newPins()
		d := l.device("lamp", client.DeviceOptions{Commands: p.commands(), OnError: func(error) {}})
		l.call(nil, "Now", "lamp", "fail", []any{})
		l.outcomes(1)
		l.call(nil, "Blink", "lamp", 50, 30)
		p.expect(t, "false", "true", "false")
		for _, o := range l.outcomes(2) {
			if o.Result == "done" && (o.Bound > time.Second || (time.Until(o.Ran)-by).Abs() > time.Minute) || o.Result != "done" && o.Result != "failed" {
				t.Errorf("%v apart: %+v", by, o)
			}
		}
		d.Close()
	}
}
