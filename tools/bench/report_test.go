package main

import (
	"bytes"
	"testing"
)

var some = bench{name: "commit", about: "what it does"}

func TestJSONIsOneObjectALine(t *testing.T) {
	var out, progress bytes.Buffer
	r := newReport(&out, &progress, true)
	r.begin(some)
	r.say("half way")
	r.add("ratio_to_store_64", 0.71239, "ratio")
	r.add("per_s_64", 123456.7, "1/s")
	r.note("a note")
	r.close()
	want := `{"bench":"commit","metric":"ratio_to_store_64","value":0.7124,"unit":"ratio"}
{"bench":"commit","metric":"per_s_64","value":123457,"unit":"1/s"}
`
	if out.String() != want || progress.Len() > 0 {
		t.Fatalf("%s, and on the side %q", out.String(), progress.String())
	}
}

func TestTable(t *testing.T) {
	var out, progress bytes.Buffer
	r := newReport(&out, &progress, false)
	r.begin(some)
	r.add("bytes_written", 0, "B")
	r.add("p50_ms", 2.5, "ms")
	r.note("what is in it")
	r.close()
	want := "\ncommit\n  bytes_written  0    B\n  p50_ms         2.5  ms\n  what is in it\n"
	if out.String() != want {
		t.Fatalf("%q", out.String())
	}
	if progress.Len() == 0 {
		t.Fatal("no word on how far it was")
	}
}

func TestRound4(t *testing.T) {
	for v, want := range map[float64]float64{0: 0, 0.123456: 0.1235, 1.23456: 1.235, 99999.6: 100000, 12345: 12345, -0.56789: -0.5679} {
		if got := round4(v); got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
}
