package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

// house is a CA with devices, that does with them what it is told.
type house struct{ Heard []string }

func houseApp() App { return App{Name: "house", New: func() CA { return new(house) }} }

func (h *house) Init(tx *Tx) error { return tx.Allow(Principal("friend"), "Key", "State", "Lamp") }

// Key is a token for a device, for so many seconds.
func (h *house) Key(tx *Tx, device string, seconds int, methods []string) (string, error) {
	return tx.Device(device).Token(time.Duration(seconds)*time.Second, methods...)
}

// KeyAndFail makes a token that nobody gets.
func (h *house) KeyAndFail(tx *Tx, device string) (string, error) {
	token, err := tx.Device(device).Token(0)
	return token, errors.Join(err, errors.New("changed its mind"))
}

// Want sets what a device should be like.
func (h *house) Want(tx *Tx, device, key string, value any) error {
	return tx.Device(device).Desired().Set(key, value)
}

// State answers for a device: what it should be like, what it says it is, how many bundles wait for it.
func (h *house) State(tx *Tx, device string) (map[string]any, error) {
	d := tx.Device(device)
	out := map[string]any{"known": d.Known(), "waiting": d.bundles().Len()}
	for name, m := range map[string]Map{"desired": d.Desired(), "reported": d.Reported()} {
		all := map[string]any{}
		for key, value := range m.All() {
			var v any
			if err := value.Decode(&v); err != nil {
				return nil, err
			}
			all[key] = v
		}
		out[name] = all
	}
	return out, nil
}

func (h *house) All(tx *Tx) []string                { return tx.Devices() }
func (h *house) Forget(tx *Tx, device string) error { return tx.Device(device).Forget() }
func (h *house) End(tx *Tx) error                   { tx.Destroy(); return nil }
func (h *house) Log(tx *Tx) []string                { return append([]string{}, h.Heard...) }
func (h *house) Bar(tx *Tx, who string) error       { return tx.Deny(Principal(who), "DeviceReport") }
func (h *house) Let(tx *Tx) error                   { return tx.Allow(Anyone()) }
func (h *house) LetReport(tx *Tx) error             { return tx.Allow(Anyone(), "DeviceReport") }
func (h *house) Relay(tx *Tx, to, device string) error {
	tx.Send(to, "DeviceReport", device, map[string]any{"on": true}, []any{})
	return nil
}
func (h *house) OnFailed(tx *Tx, r Response) error {
	h.Heard = append(h.Heard, "failed: "+r.Err.Error())
	return nil
}
func (h *house) Lamp(tx *Tx, device string) (any, error) { return tx.Device(device).Name(), nil }

// Blink gives a device a bundle that runs in so many ms, and tells its id.
func (h *house) Blink(tx *Tx, device string, ms int) (string, error) {
	b := NewBundle().Do("pin", true).After(time.Second).Do("pin", false).Recover("pin", false)
	err := tx.Device(device).RunAt(tx.Now().Add(time.Duration(ms)*time.Millisecond), b)
	return b.ID(), err
}

// BlinkNow gives a device a bundle that runs when it arrives.
func (h *house) BlinkNow(tx *Tx, device string, withinMs int) (string, error) {
	b := NewBundle().Do("pin", true)
	err := tx.Device(device).Run(b, time.Duration(withinMs)*time.Millisecond)
	return b.ID(), err
}

// BlinkAndFail gives bundles to devices and then fails.
func (h *house) BlinkAndFail(tx *Tx, devices []string) error {
	for _, device := range devices {
		if _, err := h.Blink(tx, device, 1000); err != nil {
			return err
		}
	}
	return errors.New("changed its mind")
}

// OnOutcome writes down what it hears, and has its bad days.
func (h *house) OnOutcome(tx *Tx, o Outcome) error {
	h.Heard = append(h.Heard, strings.Join([]string{o.Device, o.Bundle, o.Result, o.Command}, " "))
	switch o.Err {
	case "trip":
		return errors.New("it trips")
	case "panic":
		panic("it panics")
	}
	return nil
}

// houseKit is a house whose owner is alice.
type houseKit struct{ *kit }

func newHouse(t *testing.T) houseKit { return houseKit{newKit(t, houseApp())} }

// text calls a method of alice's that answers a text.
func (k houseKit) text(method, args string) string {
	k.t.Helper()
	a := k.do("alice", "house/alice/home/"+method, args)
	var text string
	if json.Unmarshal(a.Result, &text) != nil || text == "" {
		k.t.Fatalf("%s%s: %s %+v", method, args, a.Result, a.Error)
	}
	return text
}

func (k houseKit) key(device string, methods ...string) string {
	k.t.Helper()
	return k.text("Key", pack([]any{device, 0, append([]string{}, methods...)}))
}

func (k houseKit) blink(device string, ms int) string {
	k.t.Helper()
	return k.text("Blink", pack([]any{device, ms}))
}

// tell reports with a token, and returns the code of the error, if any.
func (k houseKit) tell(token, args string) string {
	k.t.Helper()
	return k.as(token, "house/alice/home/DeviceReport", args).Error.Code
}

func (k houseKit) told(token, args string) {
	k.t.Helper()
	if a := k.as(token, "house/alice/home/DeviceReport", args); string(a.Result) != "null" {
		k.t.Fatalf("report %s: %s %+v", args, a.Result, a.Error)
	}
}

func (k houseKit) state(device, want string) {
	k.t.Helper()
	k.want("alice", "house/alice/home/State", pack([]any{device}), want)
}

func (k houseKit) heard(want ...string) {
	k.t.Helper()
	if want == nil {
		want = []string{}
	}
	text, _ := json.Marshal(want)
	k.rest() // what is heard twice, or should not be, is heard by then
	k.eventually("alice", "house/alice/home/Log", `[]`, string(text))
}

func done(id string) string { return fmt.Sprintf(`{"id":%q,"outcome":"done","command":"pin"}`, id) }

func TestDEV1_ItsCAAnswersForADeviceThatIsAway(t *testing.T) {
	k := newHouse(t)
	k.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
	token := k.key("lamp")
	k.do("alice", "house/alice/home/Want", `["lamp","colour","red"]`)
	k.told(token, `["lamp",{"on":true,"volts":3.5},[]]`)
	k.told(token, `["lamp",{"volts":null,"hours":7},[]]`)
	k.blink("lamp", 60_000)
	k.restart() // and nobody is connected
	k.state("lamp", `{"known":true,"desired":{"colour":"red"},"waiting":1,"reported":{"on":true,"hours":7}}`)
	k.want("friend", "house/alice/home/State", `["lamp"]`, `{"known":true,"desired":{"colour":"red"},"waiting":1,"reported":{"on":true,"hours":7}}`)
	k.key("buzzer")
	k.want("alice", "house/alice/home/All", `[]`, `["buzzer","lamp"]`)
}

// What the device will find when it comes back is what the CA has in its three maps.
func TestDEV1_ADeviceThatComesBackFindsWhatWaits(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	id := k.blink("lamp", 60_000)
	k.restart()
	entries, status := k.entriesAs(token, "house/alice/home/maps/lamp-bundles")
	at := clock.Micros(k.clock.Now()) + 60_000_000
	want := fmt.Sprintf(`{"version":1,"entries":{%q:[%q,%d,0,0,50000,500000,[[0,"pin",[true]],[1000000,"pin",[false]]],[[0,"pin",[false]]]]}}`, id, id, at)
	if status != 200 || entries != want {
		t.Errorf("%d %s\nwant %s", status, entries, want)
	}
	for _, label := range []string{"lamp-desired", "lamp-reported"} {
		if _, status := k.entriesAs(token, "house/alice/home/maps/"+label); status != 200 {
			t.Error(label, status)
		}
	}
}

func TestDEV1_ADeviceThatIsForgottenLeavesNothing(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.do("alice", "house/alice/home/Want", `["lamp","on",true]`)
	k.told(token, `["lamp",{"on":true},[]]`)
	k.blink("lamp", 1000)
	k.do("alice", "house/alice/home/Forget", `["lamp"]`)
	k.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
	if code := k.tell(token, `["lamp",{"on":true},[]]`); code != "unauthenticated" {
		t.Error("its token got", code)
	}
	k.want("alice", "house/alice/home/Forget", `["lamp"]`, `null`)
	k.restart()
	k.state("lamp", `{"known":false,"desired":{},"waiting":0,"reported":{}}`)
}

// A service with its owner's own token needs no registration: its first report makes it known.
func TestDEV1_AServiceIsADeviceByItsFirstReport(t *testing.T) {
	k := newHouse(t)
	k.refused("alice", "house/alice/home/Blink", `["press",1000]`, "failed")
	k.want("alice", "house/alice/home/DeviceReport", `["press",{},[]]`, `null`)
	k.blink("press", 1000)
	k.restart()
	k.state("press", `{"known":true,"desired":{},"waiting":1,"reported":{}}`)
}

// Another CA of the owner's may stand for a device, by messages.
func TestDEV1_ACAOfTheOwnersMayReport(t *testing.T) {
	k := newHouse(t)
	k.do("alice", "house/alice/shed/Relay", `["alice/home","heater"]`)
	k.eventually("alice", "house/alice/home/State", `["heater"]`, `{"known":true,"desired":{},"waiting":0,"reported":{"on":true}}`)
	k.do("alice", "house/alice/home/Let", `[]`)
	k.do("bob", "house/bob/shed/Relay", `["alice/home","lamp"]`)
	k.eventually("bob", "house/bob/shed/Log", `[]`, `["failed: not_allowed: Only devices of alice report to house:alice/home."]`)
}

func TestDevicesHaveNamesThatFit(t *testing.T) {
	k := newHouse(t)
	for _, bad := range []string{"", "Lamp", "a b", "-lamp", "lamp-", "lämp", strings.Repeat("x", 55), "a/b", "a\x00"} {
		for method, more := range map[string][]any{"State": {}, "Forget": {}, "Key": {0, []string{}}, "Blink": {1000}, "Lamp": {}} {
			a := k.refused("alice", "house/alice/home/"+method, pack(append([]any{bad}, more...)), "failed")
			if !strings.Contains(a.Error.Message, "device's name") {
				t.Errorf("%s %q: %s", method, bad, a.Error.Message)
			}
		}
	}
	k.refused("alice", "house/alice/home/Want", `["Lamp","a",1]`, "failed")
	k.key(strings.Repeat("x", 54))
}

func TestACAHasSoManyDevices(t *testing.T) {
	k := newHouse(t)
	for i := range maxDevices {
		k.key(fmt.Sprint("lamp", i))
	}
	a := k.refused("alice", "house/alice/home/Key", `["onemore",0,[]]`, "failed")
	if !strings.Contains(a.Error.Message, "at most 64 devices") {
		t.Error(a.Error.Message)
	}
	if code := k.tell(k.token("alice", owners), `["another",{},[]]`); code != "quota" {
		t.Error("a report of another one got", code)
	}
	k.key("lamp7")
	k.do("alice", "house/alice/home/Forget", `["lamp7"]`)
	k.key("onemore")
}
