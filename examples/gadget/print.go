package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/wabgo/wab/wasm/client"
)

// micro is RFC 3339 with µs.
const micro = "2006-01-02T15:04:05.000000Z07:00"

// record is the line of a command that was executed.
type record struct {
	Command string  `json:"command"`
	Args    []any   `json:"args"`
	Due     string  `json:"due"`
	Ran     string  `json:"ran"`
	BoundMS float64 `json:"bound_ms"`
}

func newRecord(a client.Args) (record, error) {
	args := []any{}
	if err := client.Decode(a.Raw, &args); err != nil {
		return record{}, err
	}
	return record{a.Command, args, a.Due.UTC().Format(micro), a.Ran.UTC().Format(micro), ms(a.Bound)}, nil
}

// ms is a duration in ms, exact to the µs.
func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// printer prints records if that is asked for. Each is one write.
func printer(o options, out io.Writer) func(client.Args) error {
	if !o.json {
		return func(client.Args) error { return nil }
	}
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	return func(a client.Args) error {
		r, err := newRecord(a)
		if err != nil {
			return err
		}
		return lines.Encode(r)
	}
}
