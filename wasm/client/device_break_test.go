package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/wasm/client"
)

// Litter puts something into the map of a device's bundles that is none.
func (l *Lights) Litter(tx *server.Tx, device, key string, value any) error {
	return tx.Map(device+"-bundles").Set(key, value)
}

func TestDEV1_ADeviceWithItsOwnersTokenIsKnownFromItsStart(t *testing.T) {
	l := startLights(t)
	p := newPins()
	if _, err := l.dial(l.token, client.Options{}).Device(t.Context(), home, "press", client.DeviceOptions{Commands: p.commands()}); err != nil {
		t.Fatal(err)
	}
	l.call(nil, "Now", "press", "pin", []any{true})
	p.expect(t, "true")
}

// TestDEV2_OutcomesDontGoUnderWithAValue has a device say more than its CA keeps.
func TestDEV2_OutcomesDontGoUnderWithAValue(t *testing.T) {
	l := startLights(t)
	errs := make(chan error, 100)
	d := l.device("lamp", client.DeviceOptions{
		OnError: func(err error) { errs <- err },
		Commands: map[string]func(*client.Device, client.Args) error{"pin": func(d *client.Device, _ client.Args) error {
			return d.Report("one more", true)
		}},
	})
	for i := range 1000 {
		if err := d.Report(fmt.Sprint("key ", i), i); err != nil {
			t.Fatal(err)
		}
	}
	l.reported("lamp", func(all map[string]any) bool { return len(all) == 1000 })
	l.call(nil, "Now", "lamp", "pin", []any{true})
	if o := l.outcomes(1)[0]; o.Result != "done" {
		t.Errorf("%+v", o)
	}
	if err := <-errs; !strings.Contains(err.Error(), "1000 values") {
		t.Error(err)
	}
}

// TestDEV2_WhatIsNoBundleCostsTheOthersNothing litters the map of bundles, which an app can.
func TestDEV2_WhatIsNoBundleCostsTheOthersNothing(t *testing.T) {
	l := startLights(t)
	p := newPins()
	errs := make(chan error, 100)
	l.device("lamp", client.DeviceOptions{Commands: p.commands(), OnError: func(err error) { errs <- err }})
	for i, value := range []any{7, nil, "x", []any{}, []any{"other", 0, 0, 0, 0, 0, []any{}, []any{}}, []any{"4", 0, 0, 0, 0, 0, []any{7}, []any{[]any{}}}} {
		l.call(nil, "Litter", "lamp", fmt.Sprint(i), value)
	}
	l.call(nil, "Litter", "lamp", strings.Repeat("x", 65), 7)
	for err := range errs { // nobody could report on that one
		if strings.Contains(err.Error(), "has no id") {
			break
		}
	}
	l.outcomes(6) // the next bundle takes the place of what is none, whether it was told of or not
	l.call(nil, "Now", "lamp", "pin", []any{true})
	p.expect(t, "true")
	results := map[string]int{}
	for _, o := range l.outcomes(7) {
		results[o.Result]++
	}
	if results["refused"] != 6 || results["done"] != 1 {
		t.Error(results)
	}
}

// TestDEV2_ADeviceThatRestartsInMidBundleDropsTheRestAndRecovers starts it again between two commands.
func TestDEV2_ADeviceThatRestartsInMidBundleDropsTheRestAndRecovers(t *testing.T) {
	l := startLights(t)
	p := newPins()
	token := l.fresh("lamp")
	c := l.dial(token, client.Options{})
	if _, err := c.Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: p.commands()}); err != nil {
		t.Fatal(err)
	}
	l.call(nil, "Strict", "lamp", 300, 60_000)
	p.expect(t, "true")
	c.Close()
	again := newPins()
	<-time.After(time.Until(p.args[0].Due.Add(strictly + 100*time.Millisecond))) // the tolerance passes
	if _, err := l.dial(token, client.Options{}).Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: again.commands(), OnError: func(error) {}}); err != nil {
		t.Fatal(err)
	}
	again.expect(t, "false")
	if o := l.outcomes(1)[0]; o.Result != "late" || !again.args[0].Recovery {
		t.Errorf("%+v", o)
	}
}

// strictly is how late a bundle of Strict may begin: more than a busy machine is.
const strictly = 3 * time.Second

// Strict gives a device little time to be late: it is on from so many ms on, for so many.
func (l *Lights) Strict(tx *server.Tx, device string, in, length int64) error {
	b := server.NewBundle().Do("pin", true).After(time.Duration(length)*time.Millisecond).Do("pin", false).Recover("pin", false)
	b.Tolerance(strictly).MaxBound(0)
	return tx.Device(device).RunAt(tx.Now().Add(time.Duration(in)*time.Millisecond), b)
}

// TestADeviceIsUsedFromManyGoroutines has everything of it called at once, while it runs and ends.
func TestADeviceIsUsedFromManyGoroutines(t *testing.T) {
	l := startLights(t)
	boom := func(*client.Device) error { panic("boom") }
	d := l.device("lamp", client.DeviceOptions{
		Commands: newPins().commands(), Loop: boom, Every: time.Millisecond, OnDesired: boom, OnError: func(error) { panic("boom") },
	})
	for i := range 20 {
		l.call(nil, "Blink", "lamp", 20+i, 1)
		l.call(nil, "Want", "lamp", "n", i)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 200 {
				if err := d.Report(fmt.Sprint(g, i%10), i); err != nil && !errors.Is(err, client.ErrClosed) {
					t.Error(err)
				}
				d.DesiredView()
				if _, err := d.Desired("n", nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() { d.Close() })
	wg.Go(func() { d.Close() })
	wg.Wait()
	if err := d.Wait(); err != nil {
		t.Error(err)
	}
}

// TestDEV2_BundlesWaitForNobodyElsesHandlers has a handler of the Client hang.
func TestDEV2_BundlesWaitForNobodyElsesHandlers(t *testing.T) {
	l := startLights(t)
	p := newPins()
	c := l.dial(l.token, client.Options{})
	release, hangs := make(chan struct{}), make(chan struct{})
	defer close(release)
	var once sync.Once
	c.CA(home, client.CAOptions{Session: "slow", OnNote: func(client.Note) {
		once.Do(func() { close(hangs) })
		<-release
	}})
	if _, err := c.Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: p.commands()}); err != nil {
		t.Fatal(err)
	}
	l.call(nil, "Now", "lamp", "pin", []any{true})
	<-hangs // by what became of that
	l.call(nil, "Now", "lamp", "pin", []any{false})
	p.expect(t, "true", "false")
}

// TestDEV1_ADeviceOutlivesItsTokens replaces them, and gives it the new ones.
func TestDEV1_ADeviceOutlivesItsTokens(t *testing.T) {
	l := startLights(t)
	p := newPins()
	asked := make(chan string)
	c := l.dial(l.fresh("lamp"), client.Options{Renew: func(ctx context.Context) (string, error) {
		select {
		case token := <-asked:
			return token, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}})
	d, err := c.Device(t.Context(), home, "lamp", client.DeviceOptions{Commands: p.commands()})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{}
	for range 3 {
		asked <- l.fresh("lamp") // which ends the one before
		l.call(nil, "Now", "lamp", "pin", []any{true})
		want = append(want, "true")
		p.expect(t, want...)
	}
	if err := context.Cause(d.Context()); err != nil {
		t.Error(err)
	}
}
