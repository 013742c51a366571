package server

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/wire"
)

// shop is a CA whose only method is whatever the test says, on a device that it knows.
type shop struct{}

var shopDoes func(tx *Tx) error

func (*shop) Do(tx *Tx) error { return shopDoes(tx) }

func (*shop) Know(tx *Tx) error {
	_, err := tx.Device("lamp").Token(0)
	return err
}

// inShop runs code as a message of a CA.
func inShop(t *testing.T) func(do func(tx *Tx) error) said {
	k := newKit(t, App{Name: "shop", New: func() CA { return new(shop) }})
	k.do("alice", "shop/alice/home/Know", `[]`)
	return func(do func(tx *Tx) error) said {
		shopDoes = do
		return k.do("alice", "shop/alice/home/Do", `[]`)
	}
}

func TestBundlesThatCantBe(t *testing.T) {
	do := inShop(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	in := func(d time.Duration) func(*Bundle, Device) error {
		return func(b *Bundle, d2 Device) error { return d2.RunAt(now.Add(d), b) }
	}
	many := NewBundle()
	for range bundle.MaxCommands + 1 {
		many.Do("pin")
	}
	var self []any
	self = append(self, &self)
	plain := func() *Bundle { return NewBundle().Do("pin", true) }
	for name, c := range map[string]struct {
		b    *Bundle
		give func(*Bundle, Device) error
		want string // of the message, after the code
	}{
		"past":            {plain(), in(-3200 * time.Millisecond), "bad_request: The bundle's time, 2029-12-31T23:59:56.8Z, passed 3.2s ago; it is 2030-01-01T00:00:00Z now. Set a later one"},
		"long past":       {plain(), in(-49 * time.Hour), "bad_request: The bundle's time, 2029-12-29T23:00:00Z, passed 49h0m0s ago"},
		"just past":       {plain(), in(-50_001 * time.Microsecond), "bad_request: The bundle's time, 2029-12-31T23:59:59.949999Z, passed 50ms ago"},
		"within":          {plain(), in(-50 * time.Millisecond), ""},
		"intolerant":      {plain().Tolerance(time.Millisecond), in(-50 * time.Millisecond), "bad_request: The bundle's time"},
		"past, late":      {plain().Late(RunNow), in(-time.Second), "bad_request: The bundle's time"},
		"now":             {plain(), in(0), ""},
		"a year":          {plain(), in(maxAhead), ""},
		"over a year":     {plain(), in(maxAhead + 1), "bad_request: The bundle's time, 2031-01-02T00:00:00Z, is more than a year ahead"},
		"end of time":     {plain(), func(b *Bundle, d Device) error { return d.RunAt(time.Unix(math.MaxInt64/2, 0), b) }, "bad_request: The bundle's time"},
		"dawn of time":    {plain(), func(b *Bundle, d Device) error { return d.RunAt(time.Unix(math.MinInt64/2, 0), b) }, "bad_request: The bundle's time"},
		"no time":         {plain(), func(b *Bundle, d Device) error { return d.RunAt(time.Time{}, b) }, "bad_request: The bundle has no time"},
		"never":           {plain(), func(b *Bundle, d Device) error { return d.Run(b, 0) }, "bad_request: A bundle waits for its device at most a year"},
		"for ever":        {plain(), func(b *Bundle, d Device) error { return d.Run(b, math.MaxInt64) }, "bad_request: A bundle waits for its device at most a year"},
		"for a while":     {plain(), func(b *Bundle, d Device) error { return d.Run(b, 1) }, ""},
		"empty":           {NewBundle().Recover("pin"), in(1), "bad_request: The bundle is empty"},
		"no name":         {NewBundle().Do(""), in(1), "bad_request: The name of a command"},
		"a channel":       {NewBundle().Do("pin", make(chan int)), in(1), "bad_request: The arguments of the command pin can't be sent"},
		"itself":          {NewBundle().Do("pin", self), in(1), "bad_request: The arguments of the command pin can't be sent"},
		"bad text":        {NewBundle().Do("pin", "\xff"), in(1), "bad_request: The arguments of the command pin can't be sent"},
		"backwards":       {NewBundle().After(-1).Do("pin"), in(1), "bad_request: A command of a bundle can't come before"},
		"negative":        {plain().MaxBound(-1), in(1), "bad_request: A bundle's tolerance and bound can't be negative"},
		"intolerable":     {plain().Tolerance(-time.Second), in(1), "bad_request: A bundle's tolerance and bound can't be negative"},
		"too long":        {NewBundle().After(25 * time.Hour).Do("pin"), in(1), "too_large: A bundle lasts 24 hours at most"},
		"too many":        {many, in(1), "too_large: A bundle has at most 1,000 commands"},
		"too large":       {NewBundle().Do("say", strings.Repeat("x", bundle.MaxEncoded)), in(1), "too_large: A bundle has at most 64 KiB"},
		"unknown policy":  {plain().Late(9), in(1), "bad_request: A late bundle is dropped, run now, or its rest is run"},
		"unknown device":  {plain(), func(b *Bundle, d Device) error { return d.tx.Device("lam").RunAt(now, b) }, "not_found: There is no device lam here. Register it first"},
		"as long as can":  {NewBundle().After(24 * time.Hour).Do("pin"), in(1), ""},
		"as many as can":  {&Bundle{made: bundle.Bundle{Commands: many.made.Commands[1:]}}, in(1), ""},
		"the second flaw": {NewBundle().After(-1).Do("pin", "\xff"), in(1), "bad_request: A command of a bundle can't come before"},
	} {
		t.Run(name, func(t *testing.T) {
			var got error
			a := do(func(tx *Tx) error {
				got = c.give(c.b, tx.Device("lamp"))
				return nil // and goes on
			})
			var e *wire.Error
			switch {
			case string(a.Result) != "null":
				t.Errorf("the message failed: %+v", a.Error)
			case c.want == "" && (got != nil || c.b.ID() == ""):
				t.Errorf("%v, id %q", got, c.b.ID())
			case c.want != "" && (!errors.As(got, &e) || !strings.HasPrefix(got.Error(), c.want) || c.b.ID() != ""):
				t.Errorf("%v, id %q", got, c.b.ID())
			}
		})
	}
}

func TestABundleIsEncodedAsItWasMade(t *testing.T) {
	do := inShop(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	µs := now.UnixMicro()
	second, day := int64(1_000_000), int64(24*3600*1_000_000)
	pin := func(after int64, arg string) bundle.Command {
		return bundle.Command{After: after, Name: "pin", Args: []byte("\x81" + arg)}
	}
	for name, c := range map[string]struct {
		give func(Device, *Bundle) error
		b    *Bundle
		want bundle.Bundle
	}{
		"plain": {func(d Device, b *Bundle) error { return d.RunAt(now, b) }, NewBundle().Do("pin", 1),
			bundle.Bundle{At: µs, Tolerance: 50_000, MaxBound: 500_000, Commands: []bundle.Command{pin(0, "\x01")}}},
		"on arrival": {func(d Device, b *Bundle) error { return d.Run(b, time.Second) }, NewBundle().Do("pin", 1).MaxBound(0),
			bundle.Bundle{Expires: µs + second, Tolerance: 50_000, Commands: []bundle.Command{pin(0, "\x01")}}},
		"all of it": {func(d Device, b *Bundle) error { return d.RunAt(now, b) },
			NewBundle().After(time.Second).After(time.Second).Do("pin", 1).Do("pin", 2).Recover("pin", 3).After(time.Second).Recover("pin", 4).
				Late(RunNow).Within(time.Minute).Tolerance(time.Millisecond).MaxBound(2 * time.Millisecond),
			bundle.Bundle{At: µs, Expires: µs + 60*second, Late: bundle.RunNow, Tolerance: 1000, MaxBound: 2000,
				Commands: []bundle.Command{pin(2*second, "\x01"), pin(0, "\x02")}, Recovery: []bundle.Command{pin(0, "\x03"), pin(second, "\x04")}}},
		"the rest": {func(d Device, b *Bundle) error { return d.RunAt(now, b) }, NewBundle().Do("pin", 1).Late(RunRest),
			bundle.Bundle{At: µs, Expires: µs + day, Late: bundle.RunRest, Tolerance: 50_000, MaxBound: 500_000, Commands: []bundle.Command{pin(0, "\x01")}}},
	} {
		var got []byte
		a := do(func(tx *Tx) error {
			d := tx.Device("lamp")
			if err := c.give(d, c.b); err != nil {
				return err
			}
			for id, v := range d.bundles().All() {
				if id == c.b.ID() {
					got = v.raw
				}
			}
			return nil
		})
		c.want.ID = c.b.ID()
		if string(got) != string(c.want.Append(nil)) {
			t.Errorf("%s: %x\nwant %x\n%+v", name, got, c.want.Append(nil), a.Error)
		}
	}
}

// A bundle is the device's with its message's commit, or not at all: for several devices too.
func TestDEV2_BundlesAreInTheTransaction(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.key("buzzer")
	k.refused("alice", "house/alice/home/BlinkAndFail", `[["lamp","buzzer"]]`, "failed")
	a := k.refused("alice", "house/alice/home/BlinkAndFail", `[["lamp","nobody"]]`, "failed")
	if !strings.Contains(a.Error.Message, "There is no device nobody") {
		t.Error(a.Error.Message)
	}
	for _, device := range []string{"lamp", "buzzer"} {
		k.state(device, `{"known":true,"desired":{},"waiting":0,"reported":{}}`)
	}
}

func TestOneBundleForSeveralDevicesHasAnIdForEach(t *testing.T) {
	do := inShop(t)
	ids := map[string]bool{}
	a := do(func(tx *Tx) error {
		b := NewBundle().Do("pin")
		for i := range 10 {
			d := tx.Device(fmt.Sprint("lamp", i))
			if _, err := d.Token(0); err != nil {
				return err
			}
			if err := d.RunAt(tx.Now(), b); err != nil {
				return err
			}
			ids[b.ID()] = true
			if !d.bundles().Has(b.ID()) {
				return errors.New("it isn't there")
			}
		}
		return nil
	})
	if string(a.Result) != "null" || len(ids) != 10 {
		t.Errorf("%+v, %d ids", a, len(ids))
	}
}

func (k houseKit) waiting(device string, want int) {
	k.t.Helper()
	k.state(device, fmt.Sprintf(`{"known":true,"desired":{},"waiting":%d,"reported":{}}`, want))
}

func TestSoManyBundlesWait(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	for range maxBundles {
		k.blink("lamp", 60_000)
	}
	a := k.refused("alice", "house/alice/home/Blink", `["lamp",60000]`, "failed")
	if !strings.Contains(a.Error.Message, "The device lamp has 64 bundles waiting already") {
		t.Error(a.Error.Message)
	}
	k.waiting("lamp", maxBundles)
	k.key("buzzer")
	k.blink("buzzer", 1000)
}

// What a device has yet to report on stays as long as there is room, for it may have run the bundle while it was away. What waits for ever doesn't.
func TestBundlesWhoseTimeIsOverMakeRoom(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	old := k.blink("lamp", 1000) // with its second command over after 2.05 s
	k.clock.Advance(2050 * time.Millisecond)
	for range maxBundles - 1 {
		k.blink("lamp", 60_000)
	}
	k.waiting("lamp", maxBundles)
	k.refused("alice", "house/alice/home/Blink", `["lamp",60000]`, "failed")
	k.clock.Advance(time.Microsecond)
	k.blink("lamp", 60_000)
	k.waiting("lamp", maxBundles)
	if entries, _ := k.entries("alice", "house/alice/home/maps/lamp-bundles"); strings.Contains(entries, old) {
		t.Error("the old one still waits")
	}
	k.clock.Advance(25 * time.Hour)
	k.blink("lamp", 1000)
	k.waiting("lamp", 1)
}

func TestWhatIsOverForGood(t *testing.T) {
	one := []bundle.Command{{Name: "a"}, {After: 1000, Name: "b"}}
	for name, c := range map[string]struct {
		b    bundle.Bundle
		want int64
	}{
		"dropped":         {bundle.Bundle{At: 10_000, Commands: one, Tolerance: 1}, 11_001},
		"with recovery":   {bundle.Bundle{At: 10_000, Commands: one, Recovery: one, Tolerance: 1}, 12_001},
		"the rest":        {bundle.Bundle{At: 10_000, Expires: 90_000, Late: bundle.RunRest, Commands: one, Tolerance: 1}, 11_001},
		"now":             {bundle.Bundle{At: 10_000, Expires: 90_000, Late: bundle.RunNow, Commands: one, Tolerance: 1}, 91_001},
		"now, some time":  {bundle.Bundle{At: 10_000, Late: bundle.RunNow, Commands: one, Tolerance: 1}, never},
		"on arrival":      {bundle.Bundle{Expires: 90_000, Commands: one, Tolerance: 1}, 91_001},
		"arrival, always": {bundle.Bundle{Commands: one, Tolerance: 1}, never},
	} {
		c.b.ID = "x"
		if got := overAt(c.b.Append(nil)); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
	if overAt([]byte{0xf6}) != 0 {
		t.Error("what is no bundle waits")
	}
}
