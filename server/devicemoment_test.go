package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Film has a device run with a page's moment, and tells what it understood.
func (h *house) Film(tx *Tx, device string, m Moment) (Moment, error) {
	return m, tx.Device(device).RunWithMedia(NewBundle().Do("pin", true).Recover("pin", false), m)
}

// Perhaps takes a moment or none.
func (h *house) Perhaps(tx *Tx, m *Moment) (bool, error) { return m != nil, nil }

// bobs is a moment of bob's in a meeting, so long ago.
func (k houseKit) bobs(action uint32, ago time.Duration) string {
	return fmt.Sprintf(`{"room":"alice/meeting/room","member":"bobs-own","action":%d,"at":%d}`, action, clock.Micros(k.clock.Now().Add(-ago)))
}

func TestDEV4_ABundleWithAMomentWaitsForItOrItsDeadline(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	moment := k.bobs(7, 300*time.Millisecond)
	a := k.do("alice", "house/alice/home/Film", `["lamp",`+moment+`]`)
	var back map[string]any
	if json.Unmarshal(a.Result, &back) != nil || len(back) != 4 || back["action"] != 7.0 {
		t.Fatalf("%s %+v", a.Result, a.Error)
	}
	entries, _ := k.entriesAs(token, "house/alice/home/maps/lamp-bundles")
	at := clock.Micros(k.clock.Now()) - 300_000
	want := fmt.Sprintf(`,%d,0,0,50000,500000,[[0,"pin",[true]]],[[0,"pin",[false]]],["house:alice/meeting/room","bobs-own",7,%d]]}}`, at+2_000_000, at)
	if !strings.HasSuffix(entries, want) {
		t.Errorf("%s\nwant %s", entries, want)
	}
}

// stagehand keeps what became of bundles.
type stagehand struct{ Outcomes []Outcome }

func (s *stagehand) Pin(tx *Tx) error {
	if _, err := tx.Device("lamp").Token(0); err != nil {
		return err
	}
	return tx.Device("lamp").Run(NewBundle().Do("pin"), time.Minute)
}

func (s *stagehand) OnOutcome(tx *Tx, o Outcome) error {
	s.Outcomes = append(s.Outcomes, o)
	return nil
}

func (s *stagehand) Heard(*Tx) (all []string) {
	for _, o := range s.Outcomes {
		all = append(all, fmt.Sprint(o.Result, " ", o.Method, " ", o.Off))
	}
	return all
}

func TestDEV4_TheOutcomeTellsMethodAndError(t *testing.T) {
	k := newKit(t, App{Name: "shop", New: func() CA { return new(stagehand) }})
	for range 3 {
		k.do("alice", "shop/alice/home/Pin", `[]`)
	}
	var bundles struct{ Entries map[string]any }
	text, _ := k.entries("alice", "shop/alice/home/maps/lamp-bundles")
	if err := json.Unmarshal([]byte(text), &bundles); err != nil || len(bundles.Entries) != 3 {
		t.Fatal(text)
	}
	more := []string{`"method":"frame","off":-4000`, `"method":"deadline"`, `"bound":1`} // the last one as devices told it before there were moments
	for id := range bundles.Entries {
		k.want("alice", "shop/alice/home/DeviceReport", fmt.Sprintf(`["lamp",{},[{"id":%q,"outcome":"done",%s}]]`, id, more[0]), `null`)
		more = more[1:]
	}
	k.eventually("alice", "shop/alice/home/Heard", `[]`, `["done frame -4ms","done deadline 0s","done  0s"]`)
	k.restart()
	k.want("alice", "shop/alice/home/Heard", `[]`, `["done frame -4ms","done deadline 0s","done  0s"]`)
}

// An outcome that was stored before there were moments is heard as it was.
func TestDEV4_OutcomesOfBeforeAreHeard(t *testing.T) {
	o := outcome{device: "lamp", id: "x", result: "done", command: "pin", due: 1, ran: 2, bound: 3, err: "e"}
	old := o.append(nil)
	old = old[:len(old)-2] // without method and off
	old[0] = 0x80 | outcomeBefore
	if got := outcomeOf(old); got.Bundle != "x" || got.Err != "e" || got.Bound != 3*time.Microsecond || got.Method != "" {
		t.Errorf("%+v", got)
	}
	o.method, o.off = "frame", -9
	if got := outcomeOf(o.append(nil)); got.Method != "frame" || got.Off != -9*time.Microsecond {
		t.Errorf("%+v", got)
	}
}

func TestDEV4_MomentsThatCantBe(t *testing.T) {
	do := inShop(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	good := Moment{Room: "alice/meeting/room", Member: "bobs-own", Action: 1, At: now}
	with := func(change func(*Moment)) Moment {
		m := good
		change(&m)
		return m
	}
	at := func(d time.Duration) Moment { return with(func(m *Moment) { m.At = now.Add(d) }) }
	for name, c := range map[string]struct {
		m    Moment
		by   time.Duration // the deadline, after now
		want string
	}{
		"now":             {good, 2 * time.Second, ""},
		"a second ago":    {at(-time.Second), time.Second, ""},
		"ten seconds ago": {at(-10 * time.Second), timeToArrive, ""},
		"too long ago":    {at(-10*time.Second - time.Microsecond), 0, "The moment can't be: it is from 10s ago; one may be 10s old"},
		"a little ahead":  {at(2 * time.Second), 4 * time.Second, ""},
		"too far ahead":   {at(2*time.Second + time.Microsecond), 0, "The moment can't be: it is 2s ahead; one may be 2s ahead"},
		"no time":         {with(func(m *Moment) { m.At = time.Time{} }), 0, "The moment can't be: it is from"},
		"no room":         {with(func(m *Moment) { m.Room = "" }), 0, "The moment can't be: it names its room as owner/name/room"},
		"a CA":            {with(func(m *Moment) { m.Room = "alice/meeting" }), 0, "The moment can't be: it names its room"},
		"another app's":   {with(func(m *Moment) { m.Room = "hellowab:alice/meeting/room" }), 2 * time.Second, ""},
		"far away":        {with(func(m *Moment) { m.Room = "alice/meeting/room@far" }), 0, "The moment can't be: it names its room"},
		"no action":       {with(func(m *Moment) { m.Action = 0 }), 0, "The moment can't be: actions are numbered from 1"},
		"no member":       {with(func(m *Moment) { m.Member = "" }), 0, "The moment can't be: it names a member"},
		"a short member":  {with(func(m *Moment) { m.Member = "bobs-ow" }), 0, "The moment can't be: it names a member"},
		"a long member":   {with(func(m *Moment) { m.Member = strings.Repeat("b", 23) }), 0, "The moment can't be: it names a member"},
		"a bad member":    {with(func(m *Moment) { m.Member = "bobs own" }), 0, "The moment can't be: it names a member"},
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBundle().Do("pin")
			var got error
			var made *bundle.Bundle
			do(func(tx *Tx) error {
				d := tx.Device("lamp")
				got = d.RunWithMedia(b, c.m)
				for id, v := range d.bundles().All() {
					if id == b.ID() {
						made, _ = bundle.Parse(v.raw)
					}
				}
				return nil
			})
			var e *wire.Error
			if c.want != "" && (!errors.As(got, &e) || e.Code != wire.BadRequest || !strings.HasPrefix(e.Message, c.want) || b.ID() != "") {
				t.Error(got, b.ID())
			}
			if c.want == "" && (got != nil || made == nil || made.At != clock.Micros(now.Add(c.by))) {
				t.Errorf("%v, %+v", got, made)
			}
		})
	}
}

func TestDEV4_BundlesWithMomentsHaveLimitsToo(t *testing.T) {
	do := inShop(t)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	m := Moment{Room: "alice/meeting/room", Member: "bobs-own", Action: 1, At: now}
	for name, c := range map[string]struct {
		b    *Bundle
		want string
	}{
		"empty":          {NewBundle(), "bad_request: The bundle is empty"},
		"a deadline":     {NewBundle().Do("pin").Deadline(time.Minute), ""},
		"none":           {NewBundle().Do("pin").Deadline(0), "bad_request: A bundle's deadline is up to a minute"},
		"a far one":      {NewBundle().Do("pin").Deadline(time.Minute + 1), "bad_request: A bundle's deadline is up to a minute"},
		"beside":         {NewBundle().Do("pin").Do("pin").Beside(), ""},
		"a while beside": {NewBundle().Do("pin").After(1000).Do("pin").Beside(), "bad_request: The commands of a bundle that runs beside"},
		"late":           {NewBundle().Do("pin").Late(RunNow).Within(time.Second), ""},
	} {
		var got error
		do(func(tx *Tx) error { got = tx.Device("lamp").RunWithMedia(c.b, m); return nil })
		if c.want == "" && got != nil || c.want != "" && (got == nil || !strings.HasPrefix(got.Error(), c.want)) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestMomentsAsArguments(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	µs := clock.Micros(k.clock.Now())
	for text, want := range map[string]string{
		k.bobs(1, 0): "", fmt.Sprintf(`{"at":%d.25,"member":"bobs-own","room":"alice/meeting/room","action":1,"rtp":7,"value":[1]}`, µs): "",
		`null`: "bad_request", `7`: "bad_request", `[]`: "bad_request", `{"room":7}`: "bad_request", `{"at":"soon"}`: "bad_request", `{"action":-1}`: "bad_request",
		`{"action":4294967296}`: "bad_request", `{"action":1.5}`: "bad_request", `{}`: "failed", `{"at":1e300}`: "failed", `{"at":-1}`: "failed",
	} {
		if a := k.do("alice", "house/alice/home/Film", `["lamp",`+text+`]`); a.Error.Code != want {
			t.Errorf("%s: %+v", text, a)
		}
	}
	k.want("alice", "house/alice/home/Perhaps", `[null]`, `false`)
	k.want("alice", "house/alice/home/Perhaps", `[`+k.bobs(1, 0)+`]`, `true`)
}

func TestDEV4_ACommandMayHaveAMoment(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.share("lamp", `"bob"`, `"write"`)
	ask := func(moment string) said {
		return k.do("bob", "house/alice/home/DeviceDo", `["lamp","on",["red"],`+moment+`]`)
	}
	if a := ask(k.bobs(1, 11*time.Second)); a.Error.Code != "bad_request" || !strings.Contains(a.Error.Message, "11s ago") {
		t.Errorf("%+v", a)
	}
	var id string
	if a := ask(k.bobs(1, time.Second)); json.Unmarshal(a.Result, &id) != nil {
		t.Fatalf("%+v", a)
	}
	µs := clock.Micros(k.clock.Now())
	entries, _ := k.entriesAs(token, "house/alice/home/maps/lamp-bundles")
	want := fmt.Sprintf(`{"version":1,"entries":{%q:[%q,%d,0,0,1000000,0,[[0,"on",["red"]]],[],["house:alice/meeting/room","bobs-own",1,%d],true]}}`, id, id, µs+1_000_000, µs-1_000_000)
	if entries != want {
		t.Errorf("%s\nwant %s", entries, want)
	}
	k.clock.Advance(2 * time.Second) // a second too late, and then it would have had a second to tell
	k.waiting("lamp", 1)
	k.clock.Advance(time.Second)
	k.heard("lamp " + id + " expired on")
}

func TestMomentsTravelAsPagesSendThem(t *testing.T) {
	m := Moment{Room: "alice/meeting/room", Member: "bobs-own", Action: math.MaxUint32, At: time.UnixMicro(1_900_000_000_000_001).UTC()}
	for _, m := range []Moment{m, {}} {
		b, err := marshal(m)
		var back Moment
		if err != nil || cbor.Check(b) != nil || decoding.Unmarshal(b, &back) != nil || back != m {
			t.Errorf("%+v, %x, %v", back, b, err)
		}
	}
}

func FuzzParseOrder(f *testing.F) {
	moment, _ := Moment{Room: "alice/meeting/room", Member: "bobs-own", Action: 1, At: time.UnixMicro(1).UTC()}.MarshalCBOR()
	f.Add([]byte("\x83\x64lamp\x62on\x80"))
	f.Add(append([]byte("\x84\x64lamp\x62on\x80"), moment...))
	f.Add([]byte("\x84\x64lamp\x62on\x80\xf6"))
	f.Fuzz(func(t *testing.T, args []byte) {
		o, err := parseOrder(args)
		if err == nil && (checkDevice(o.device) != nil || cbor.KindOf(o.command.Args) != cbor.KindArray) {
			t.Fatalf("%+v", o)
		}
	})
}

func FuzzParseShare(f *testing.F) {
	self := name.Name{App: "house", Owner: "alice", Local: "home"}
	f.Add([]byte("\x82\x64lamp\xa2\x63may\x81\x64read\x64with\x81\x63bob"))
	f.Fuzz(func(t *testing.T, args []byte) {
		device, s, err := parseShare(self, args)
		if err == nil && (checkDevice(device) != nil || len(s.with) == 0 || len(s.with) > maxSubjects || len(s.may) == 0 || len(s.may) > len(rights)) {
			t.Fatalf("%q %+v", device, s)
		}
	})
}

func TestDEV4_DifferencesOutOfReasonCostNoReport(t *testing.T) {
	for encoded, want := range map[string]int64{
		"\x05": 5, "\x24": -5, "\xf9\x80\x00": 0, "\xf9\x7c\x00": bundle.MaxLength, "\xf9\xfc\x00": -bundle.MaxLength, "\xf9\x7e\x00": 0,
		"\x1b\xff\xff\xff\xff\xff\xff\xff\xff": bundle.MaxLength, "\xf9\x3e\x00": 2,
	} {
		r := cbor.NewReader([]byte(encoded))
		var off int64
		if !readOff(&r, &off) || off != want {
			t.Errorf("%x: %d, not %d, %v", encoded, off, want, r.Err())
		}
	}
	for _, encoded := range []string{"\x60", "\xf6", "\x80", ""} {
		r := cbor.NewReader([]byte(encoded))
		var off int64
		if readOff(&r, &off) {
			t.Errorf("%x: %d", encoded, off)
		}
	}
}
