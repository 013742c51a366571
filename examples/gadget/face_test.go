package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var escapes = regexp.MustCompile("\x1b\\[[?0-9]*[A-Za-z]")

func TestDrawingsAreOfOneSize(t *testing.T) {
	for _, l := range []look{
		{name: "lamp"}, {name: "lamp", on: true}, {name: "buzzer", ca: "tweetiot:alice/home", link: "connected"}, {name: "porch", sense: "celsius 21.00", on: true}, {name: "buzzer-2", on: true, clock: "clock ±1.2 ms"},
		{name: "lamp", sense: strings.Repeat("ü", 500), last: "a\x1b[2Jb\nc\u009bd\r"},
	} {
		text := drawing(l)
		rows := strings.Split(strings.TrimSuffix(escapes.ReplaceAllString(text, ""), "\n"), "\n")
		if len(rows) != 7 || strings.ContainsAny(escapes.ReplaceAllString(text, ""), "\x1b\r\u009b") || strings.Contains(text, "\x1b[2J") {
			t.Errorf("%+v is drawn as %q", l, text)
		}
		for _, row := range rows {
			if n := utf8.RuneCountInString(row); n < 17 || n > 17+widest+5 {
				t.Errorf("%q is %d wide", row, n)
			}
		}
	}
	for kind, both := range pictures {
		for _, picture := range both {
			for _, row := range picture {
				if len(picture) != 7 || len(row) != 15 {
					t.Errorf("%s: %q", kind, row)
				}
			}
		}
	}
}

// stuck is a terminal that somebody has stopped.
type stuck struct{ goOn chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.goOn
	return len(p), nil
}

func TestDEV2_AStoppedTerminalHoldsNothingUp(t *testing.T) {
	s := stuck{make(chan struct{})}
	f := &face{w: s, draw: true, dirty: make(chan struct{}, 1), done: make(chan struct{}), now: look{name: "lamp"}}
	go f.paint()
	for i := range 1000 {
		f.Set("lamp", i%2 == 0)
		f.say("something")
	}
	close(s.goOn)
	f.Close()
}

func TestLinesTellWhatIsNew(t *testing.T) {
	out := newTape()
	f := newFace(options{pass: pass{name: "lamp"}}, out, nil)
	f.link("connected")
	f.link("connected")
	f.Set("lamp", false)
	f.Set("lamp", true)
	f.Set("lamp", true)
	for _, bound := range []time.Duration{1000, 1100, 900, 400, 300, 1000} {
		f.clock(bound * time.Microsecond)
	}
	f.Close()
	got := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3}  `).ReplaceAllString(out.String(), "")
	if want := "connected\nlamp on\nclock ±1.0 ms\nclock ±0.4 ms\nclock ±1.0 ms\n"; got != want {
		t.Errorf("%q", got)
	}
}
