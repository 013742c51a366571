package main

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a busy machine may take.
const patience = 60 * time.Second

// tape is what somebody writes. Tests wait on it.
type tape struct {
	mu   sync.Mutex
	more *sync.Cond
	text strings.Builder
	late bool
}

func newTape() *tape {
	l := new(tape)
	l.more = sync.NewCond(&l.mu)
	return l
}

func (l *tape) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.more.Broadcast()
	return l.text.Write(p)
}

func (l *tape) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// until waits until the whole text is right.
func (l *tape) until(t *testing.T, what string, right func(string) bool) {
	t.Helper()
	defer time.AfterFunc(patience, l.giveUp).Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !right(l.text.String()) {
		if l.late {
			t.Fatalf("in vain: %s\n%s", what, l.text.String())
		}
		l.more.Wait()
	}
}

// says waits until a text came for the nth time.
func (l *tape) says(t *testing.T, text string, n int) {
	t.Helper()
	l.until(t, text, func(all string) bool { return strings.Count(all, text) >= n })
}

func (l *tape) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = true
	l.more.Broadcast()
}

// line is what --json prints of a command, read as an outsider does.
type line struct {
	Command string    `json:"command"`
	Args    []any     `json:"args"`
	Due     time.Time `json:"due"`
	Ran     time.Time `json:"ran"`
	BoundMS float64   `json:"bound_ms"`
}

func (l line) on() bool { return len(l.Args) == 1 && l.Args[0] == true }

// lines are those in a text; anything that is not one fails the test.
func lines(t *testing.T, text string) (all []line) {
	t.Helper()
	for row := range strings.Lines(text) {
		var l line
		d := json.NewDecoder(strings.NewReader(row))
		d.DisallowUnknownFields()
		if err := d.Decode(&l); err != nil || !strings.HasSuffix(row, "\n") {
			t.Fatalf("not a line of JSON: %q: %v", row, err)
		}
		all = append(all, l)
	}
	return all
}
