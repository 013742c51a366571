package wabproc

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"
)

// Logs are what a process writes to its stderr. Tests may wait on them.
type Logs struct {
	mu   sync.Mutex
	more *sync.Cond
	text bytes.Buffer
	late bool
}

func newLogs() *Logs {
	l := new(Logs)
	l.more = sync.NewCond(&l.mu)
	return l
}

// Write implements io.Writer.
func (l *Logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.more.Broadcast()
	return l.text.Write(p)
}

// String is all of it so far.
func (l *Logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Wait returns once the logs contain a text.
func (l *Logs) Wait(t testing.TB, text string) {
	t.Helper()
	defer time.AfterFunc(patience, l.giveUp).Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.text.String(), text) {
		if l.late {
			t.Fatalf("the logs never say %q:\n%s", text, l.text.String())
		}
		l.more.Wait()
	}
}

func (l *Logs) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = true
	l.more.Broadcast()
}
