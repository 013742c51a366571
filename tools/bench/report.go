package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"
)

// line is one result, as outside tools read it.
type line struct {
	Bench  string  `json:"bench"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
}

// report prints results: at once as JSON, or as a table at the end of each bench. Progress goes elsewhere.
type report struct {
	out      io.Writer
	progress io.Writer
	asJSON   bool
	bench    string
	started  time.Time
	lines    []line
	notes    []string
}

func newReport(out, progress io.Writer, asJSON bool) *report {
	return &report{out: out, progress: progress, asJSON: asJSON}
}

func (r *report) begin(b bench) {
	r.close()
	r.bench, r.started = b.name, time.Now()
	r.say("%s", b.about)
}

// say tells how far things are. With -json it is silent.
func (r *report) say(format string, args ...any) {
	if !r.asJSON {
		fmt.Fprintf(r.progress, "%s %4.0fs  %s\n", r.bench, time.Since(r.started).Seconds(), fmt.Sprintf(format, args...))
	}
}

// add takes one result, rounded to four digits.
func (r *report) add(metric string, value float64, unit string) {
	l := line{r.bench, metric, round4(value), unit}
	if r.asJSON {
		b, err := json.Marshal(l)
		if err != nil {
			panic(err) // NaN: a bench divided by nothing
		}
		fmt.Fprintln(r.out, string(b))
		return
	}
	r.lines = append(r.lines, l)
}

// note is a line below the table: what a figure includes.
func (r *report) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// close ends a bench's table.
func (r *report) close() {
	if len(r.lines) > 0 {
		fmt.Fprintf(r.out, "\n%s\n", r.bench)
		w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
		for _, l := range r.lines {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", l.Metric, readable(l.Value), l.Unit)
		}
		w.Flush()
		for _, n := range r.notes {
			fmt.Fprintf(r.out, "  %s\n", n)
		}
	}
	r.lines, r.notes = nil, nil
}

func readable(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%d", int64(v))
	}
	return fmt.Sprintf("%.4g", v)
}

// round4 keeps four digits of what is below 10,000, and whole numbers above.
func round4(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return v
	}
	scale := math.Pow(10, math.Max(0, 3-math.Floor(math.Log10(math.Abs(v)))))
	return math.Round(v*scale) / scale
}
