package server

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
)

func TestDEV2_OutcomesAreHeardOnceHoweverOftenTheyAreReported(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	a, b := k.blink("lamp", 1000), k.blink("lamp", 2000)
	report := fmt.Sprintf(`["lamp",{},[%s,%s,{"id":%q,"outcome":"late","command":"pin","due":1900000000000000}]]`, done(a), done(a), b)
	for range 3 {
		k.told(token, report)
	}
	k.heard("lamp "+a+" done pin", "lamp "+b+" late pin")
	k.restart()
	k.told(token, report)
	k.waiting("lamp", 0)
	k.heard("lamp "+a+" done pin", "lamp "+b+" late pin")
}

func TestDEV2_OutcomesOfOtherBundlesAreNobodys(t *testing.T) {
	k := newHouse(t)
	token, other := k.key("lamp"), k.key("buzzer")
	id := k.blink("lamp", 1000)
	k.told(other, `["buzzer",{},[`+done(id)+`]]`) // another device's
	for _, foreign := range []string{"nothing", " ", "\\u0000method", strings.Repeat("x", 64), "../../etc"} {
		k.told(token, `["lamp",{"on":true},[{"id":"`+foreign+`","outcome":"done"}]]`)
	}
	k.state("lamp", `{"known":true,"desired":{},"waiting":1,"reported":{"on":true}}`)
	k.heard()
}

// An OnOutcome that fails is taken back alone: the others are heard, the device has its answer, and nothing is repeated.
func TestAnOutcomeThatFailsLosesNoOther(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	a, b, c := k.blink("lamp", 1000), k.blink("lamp", 2000), k.blink("lamp", 3000)
	with := func(id, err string) string { return fmt.Sprintf(`{"id":%q,"outcome":"failed","error":%q}`, id, err) }
	report := fmt.Sprintf(`["lamp",{"on":false},[%s,%s,%s]]`, with(a, "trip"), with(b, "panic"), with(c, "other"))
	k.told(token, report)
	k.heard("lamp " + c + " failed ")
	k.told(token, report)
	k.restart()
	k.state("lamp", `{"known":true,"desired":{},"waiting":0,"reported":{"on":false}}`)
	k.heard("lamp " + c + " failed ")
}

// witness keeps the last outcome as it came.
type witness struct{ Last Outcome }

func (*witness) Know(tx *Tx) (string, error) {
	b := NewBundle().Do("pin")
	d := tx.Device("lamp")
	if _, err := d.Token(0); err != nil {
		return "", err
	}
	return b.ID(), d.RunAt(tx.Now(), b)
}

func (*witness) Give(tx *Tx) (string, error) {
	b := NewBundle().Do("pin")
	err := tx.Device("lamp").Run(b, time.Hour)
	return b.ID(), err
}

func (w *witness) OnOutcome(tx *Tx, o Outcome) error {
	if tx.Caller().String() != tx.Self().String() {
		return fmt.Errorf("it comes from %v", tx.Caller())
	}
	w.Last = o
	return nil
}
func (w *witness) Tell(tx *Tx) Outcome { return w.Last }

func TestOutcomesAreToldAsTheyWereReported(t *testing.T) {
	k := newKit(t, App{Name: "house", New: func() CA { return new(witness) }})
	h := houseKit{k}
	h.want("alice", "house/alice/home/DeviceReport", `["lamp",{},[]]`, `null`)
	for fields, want := range map[string]string{
		`"outcome":"late","due":-5,"ran":18446744073709551615,"bound":-1`:                             `"Due":null,"Ran":"9999-12-31T23:59:59Z","Bound":0`,
		`"outcome":"done","command":"pin","due":1893456000500000,"ran":1893456000501234,"bound":4200`: `"Result":"done","Command":"pin","Due":"2030-01-01T00:00:00.5Z","Ran":"2030-01-01T00:00:00.501234Z","Bound":4200000,"Err":""`,
		`"outcome":"refused","bound":9223372036854775807,"error":"too vague","more":[1,{"a":2}]`:      `"Result":"refused","Command":"","Due":null,"Ran":null,"Bound":9223372036854775807,"Err":"too vague"`,
	} {
		id := h.text("Give", `[]`)
		h.want("alice", "house/alice/home/DeviceReport", fmt.Sprintf(`["lamp",{},[{"id":%q,%s}]]`, id, fields), `null`)
		var got string
		h.until(func() bool {
			got = string(k.do("alice", "house/alice/home/Tell", `[]`).Result)
			return strings.Contains(got, id)
		})
		for _, field := range strings.Split(fmt.Sprintf(`"Device":"lamp","Bundle":%q,`, id)+want, ",") {
			if !strings.Contains(got, field) {
				t.Errorf("%s is not in %s", field, got)
			}
		}
	}
}

// An app that doesn't want to hear of outcomes keeps none.
func TestOutcomesThatNobodyWants(t *testing.T) {
	do := inShop(t)
	var id string
	do(func(tx *Tx) error {
		b := NewBundle().Do("pin")
		defer func() { id = b.ID() }()
		return tx.Device("lamp").RunAt(tx.Now(), b)
	})
	a := do(func(tx *Tx) error {
		if err := tx.take(&report{device: "lamp", outcomes: []outcome{{device: "lamp", id: id, result: "done"}}}); err != nil {
			return err
		}
		tx.devices(func(p *devices) {
			if len(p.outcomes) > 0 {
				t.Error("they are kept")
			}
		})
		if tx.Device("lamp").bundles().Len() != 0 {
			t.Error("the bundle still waits")
		}
		return nil
	})
	if string(a.Result) != "null" || id == "" {
		t.Errorf("%+v %s", a, id)
	}
}

func TestHostileReports(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	id := k.blink("lamp", 60_000)
	list := func(n int, item func(int) string) string {
		var all []string
		for i := range n {
			all = append(all, item(i))
		}
		return strings.Join(all, ",")
	}
	const nobody = `{"id":"x","outcome":"done"}`
	for name, c := range map[string]struct{ args, code string }{
		"nothing":            {`[]`, "bad_request"},
		"too little":         {`["lamp",{}]`, "bad_request"},
		"too much":           {`["lamp",{},[],1]`, "bad_request"},
		"no device":          {`[null,{},[]]`, "bad_request"},
		"a number":           {`[7,{},[]]`, "bad_request"},
		"a bad name":         {`["Lamp",{},[]]`, "bad_request"},
		"a long name":        {`["` + strings.Repeat("x", 55) + `",{},[]]`, "bad_request"},
		"unknown device":     {`["lam",{},[]]`, "not_allowed"},
		"values null":        {`["lamp",null,[]]`, "bad_request"},
		"values a list":      {`["lamp",[],[]]`, "bad_request"},
		"an empty key":       {`["lamp",{"":1},[]]`, "bad_request"},
		"a method's key":     {`["lamp",{"\u0000m":1},[]]`, "bad_request"},
		"a long key":         {`["lamp",{"` + strings.Repeat("k", 257) + `":1},[]]`, "too_large"},
		"a large value":      {`["lamp",{"a":"` + strings.Repeat("v", 64<<10) + `"},[]]`, "too_large"},
		"many values":        {`["lamp",{` + list(1001, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }) + `},[]]`, "too_large"},
		"outcomes null":      {`["lamp",{},null]`, "bad_request"},
		"outcomes a map":     {`["lamp",{},{}]`, "bad_request"},
		"an outcome a list":  {`["lamp",{},[[]]]`, "bad_request"},
		"no id":              {`["lamp",{},[{"outcome":"done"}]]`, "bad_request"},
		"an empty id":        {`["lamp",{},[{"id":"","outcome":"done"}]]`, "bad_request"},
		"a long id":          {`["lamp",{},[{"id":"` + strings.Repeat("x", 65) + `","outcome":"done"}]]`, "bad_request"},
		"no outcome":         {`["lamp",{},[{"id":"x"}]]`, "bad_request"},
		"another outcome":    {`["lamp",{},[{"id":"x","outcome":"fine"}]]`, "bad_request"},
		"outcome a number":   {`["lamp",{},[{"id":"x","outcome":1}]]`, "bad_request"},
		"command a list":     {`["lamp",{},[{"id":"x","outcome":"done","command":[]}]]`, "bad_request"},
		"ran before 1970":    {`["lamp",{},[{"id":"x","outcome":"done","ran":-1}]]`, ""},
		"ran in year 10000":  {`["lamp",{},[{"id":"x","outcome":"done","ran":253402300800000000}]]`, ""},
		"due a float":        {`["lamp",{},[{"id":"x","outcome":"done","due":1.5}]]`, "bad_request"},
		"bound beyond":       {`["lamp",{},[{"id":"x","outcome":"done","bound":18446744073709551615}]]`, ""},
		"the second is bad":  {`["lamp",{"on":true},[{"id":"` + id + `","outcome":"done"},{}]]`, "bad_request"},
		"thousands":          {`["lamp",{},[` + list(1001, func(int) string { return nobody }) + `]]`, "too_large"},
		"as many as can be":  {`["lamp",{},[` + list(1000, func(int) string { return nobody }) + `]]`, ""},
		"a long complaint":   {`["lamp",{},[{"id":"x","outcome":"failed","error":"` + strings.Repeat("é", 5000) + `"}]]`, ""},
		"a value of nothing": {`["lamp",{"never there":null},[]]`, ""},
	} {
		if code := k.tell(token, c.args); code != c.code {
			t.Errorf("%s: %q, want %q", name, code, c.code)
		}
	}
	k.waiting("lamp", 1) // and nothing of it has happened
	k.heard()
	for i := range 2 {
		args := `["lamp",{` + list(500, func(n int) string { return fmt.Sprintf(`"%d-%d":1`, i, n) }) + `},[]]`
		k.told(token, args)
	}
	if code := k.tell(token, `["lamp",{"one more":1},[]]`); code != "too_large" {
		t.Error("one value more got", code)
	}
	k.told(token, `["lamp",{"one more":1,"0-0":null},[]]`)
}

func TestBUS2_DevicesReportToTheirOwnersOnly(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.do("bob", "house/bob/home/Log", `[]`)
	if a := k.as(token, "house/bob/home/DeviceReport", `["lamp",{},[]]`); a.Error.Code != "not_allowed" {
		t.Errorf("to bob: %+v", a)
	}
	k.refused("bob", "house/alice/home/DeviceReport", `["lamp",{"on":1},[]]`, "not_allowed")
	k.do("alice", "house/alice/home/Let", `[]`) // all methods to everybody
	a := k.refused("bob", "house/alice/home/DeviceReport", `["lamp",{"on":1},[]]`, "not_allowed")
	if !strings.Contains(a.Error.Message, "Only devices of alice") {
		t.Error(a.Error.Message)
	}
	k.refused("alice", "house/alice/home/LetReport", `[]`, "failed")
	k.waiting("lamp", 0)
	k.told(token, `["lamp",{"on":1},[]]`)
	k.do("alice", "house/alice/home/Bar", `["alice"]`)
	if code := k.tell(token, `["lamp",{"on":2},[]]`); code != "not_allowed" {
		t.Error("what is denied got", code)
	}
}

// A report that says nothing new writes nothing.
func TestCA6_AReportWithoutNewsWritesNothing(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	k.told(token, `["lamp",{"on":true},[]]`)
	k.rest()
	before, _ := k.entries("alice", "house/alice/home/maps/lamp-reported")
	writes := k.store.writes.Load()
	k.told(token, `["lamp",{"on":true,"nothing":null},[`+done("nobody")+`]]`)
	k.rest()
	if after, _ := k.entries("alice", "house/alice/home/maps/lamp-reported"); after != before || k.store.writes.Load() != writes {
		t.Errorf("%s, then %s; %d writes", before, after, k.store.writes.Load()-writes)
	}
}

type reporter struct{}

func (*reporter) DeviceReport(tx *Tx, s string) error { return nil }

type deaf struct{}

func (*deaf) OnOutcome(tx *Tx) error { return nil }

type nosy struct{}

func (*nosy) Heard(tx *Tx, o Outcome) error { return nil }

func TestReservedNamesAreToldAtStart(t *testing.T) {
	for want, ca := range map[string]CA{
		"method DeviceReport: the name belongs to the framework": new(reporter),
		"it must be func(*server.Tx, server.Outcome) error":      new(deaf),
		"method Heard: only OnOutcome takes a server.Outcome":    new(nosy),
	} {
		_, err := New(Options{Data: t.TempDir()}, App{Name: "a", New: func() CA { return ca }})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestBUS1_OutcomesAreNotHeardByRequest(t *testing.T) {
	k := newHouse(t)
	k.key("lamp")
	k.refused("alice", "house/alice/home/OnOutcome", `[{"Device":"lamp"}]`, "bad_request")
	k.refused("alice", "house/alice/home/OnOutcome", `[]`, "bad_request")
}

func FuzzParseReport(f *testing.F) {
	f.Add([]byte("\x83\x64lamp\xa0\x80"))
	f.Add(slices.Concat([]byte("\x83\x64lamp\xa1\x62on\xf5\x81"), []byte("\xa3\x62id\x61x\x65bound\x01\x67outcome\x64done")))
	f.Fuzz(func(t *testing.T, args []byte) {
		r, err := parseReport(args)
		if err != nil {
			return
		}
		if checkDevice(r.device) != nil || len(r.values) > maxValues || len(r.outcomes) > maxOutcomes {
			t.Fatalf("%+v", r)
		}
		for _, v := range r.values {
			if cbor.Check(v.value) != nil {
				t.Fatalf("%q: %x", v.key, v.value)
			}
		}
		for _, o := range r.outcomes {
			if o.id == "" || o.due < 0 || o.due > bundle.MaxInstant || o.ran < 0 || o.ran > bundle.MaxInstant || o.bound < 0 || cbor.Check(o.append(nil)) != nil {
				t.Fatalf("%+v", o)
			}
		}
	})
}

func TestDurationsWithoutEndStayPositive(t *testing.T) {
	for µs, want := range map[int64]time.Duration{0: 0, 1: 1000, math.MaxInt64: math.MaxInt64, math.MaxInt64 / 1000: math.MaxInt64 / 1000 * 1000} {
		if got := micros(µs); got != want {
			t.Errorf("%d: %d", µs, got)
		}
	}
}

// What a report has brought is heard once, whenever the server ends.
func TestDEV2_OutcomesAreHeardAcrossRestarts(t *testing.T) {
	k := newHouse(t)
	token := k.key("lamp")
	var want []string
	for range 5 {
		a, b := k.blink("lamp", 1000), k.blink("lamp", 1000)
		want = append(want, "lamp "+a+" done pin", "lamp "+b+" done pin")
		report := `["lamp",{},[` + done(a) + `,` + done(b) + `]]`
		k.told(token, report)
		k.restart()
		k.told(token, report)
	}
	k.heard(want...)
}
