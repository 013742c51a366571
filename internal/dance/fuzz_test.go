package dance

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/wabgo/wab/internal/sky"
)

// Whatever is read as a message is within limits, and says the same after it was sent on.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(len(body)), body)
	}
	for i := range uint8(10) {
		f.Add(i, []byte(`{"id":"i","Id":"i","eci":"e","Tx":"e","host":"http://h","Tx_host":"http://h//","relationship":"a-b-c","Rx_role":"x","reason":"r"}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		a, flaw := sky.ReadAttributes("", "application/json", body)
		if flaw != nil {
			return
		}
		n := tongues[1+which%2]
		m, is, flaw := Parse(n.domain, n.types[1+which/2%5], a)
		if !is {
			t.Fatal("it is not one of the dance's")
		}
		if flaw != nil {
			if m != (Message{}) {
				t.Fatalf("%v, and yet %+v", flaw, m)
			}
			return
		}
		if !isID(m.ID) || m.ECI != "" && !sky.IsECI(m.ECI) || len(m.Host) > MaxHost || len(m.Reason) > MaxText || len(m.Why) > MaxLong {
			t.Fatalf("beyond the limits: %+v", m)
		}
		if got := overTheWire(t, m); got != m {
			t.Fatalf("%+v became %+v", m, got)
		}
	})
}

// Whatever is read as a record is written the same, and no input breaks it.
func FuzzParseRecord(f *testing.F) {
	for _, e := range examples() {
		f.Add(e.Append(nil, seal))
	}
	all := inputs()
	f.Fuzz(func(t *testing.T, b []byte) {
		same := func(s string) []byte { return []byte(s) }
		r, err := ParseRecord(b, func(b []byte) (string, error) { return string(b), nil })
		if err != nil {
			return
		}
		again, err := ParseRecord(r.Append(nil, same), func(b []byte) (string, error) { return string(b), nil })
		if err != nil || !bytes.Equal(again.Append(nil, same), r.Append(nil, same)) {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
		for _, in := range all {
			if step, flaw := in.do(r); flaw == nil && !step.Record.sound() {
				t.Fatalf("%s made %+v of %+v", in.name, step.Record, r)
			}
		}
	})
}
