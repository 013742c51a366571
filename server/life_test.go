package server

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// frail is an app whose life goes wrong where its CA's name says so.
type frail struct{ N, Rings, Failed int }

var (
	frailStarted = make(chan struct{}, 10)
	frailEnd     = make(chan struct{})
)

func frailApp() App {
	return App{Name: "frail", New: func() CA { return new(frail) }, Deadline: time.Second}
}

func (f *frail) Init(tx *Tx) error {
	switch tx.Self().Local {
	case "gone":
		tx.Destroy()
	case "hangs":
		frailStarted <- struct{}{}
		<-frailEnd
	}
	return nil
}
func (f *frail) Add(*Tx) int            { f.N++; return f.N }
func (f *frail) Get(*Tx) []int          { return []int{f.N, f.Rings, f.Failed} }
func (f *frail) Say(_ *Tx, n int) error { return errors.New("\xff\n" + strings.Repeat("é", n)) }
func (f *frail) Ask(tx *Tx, to string)  { tx.Send(to, "Say", 499).Then("Hear") }
func (f *frail) Hear(*Tx, Response)     { f.Failed++ }
func (f *frail) Ring(*Tx)               { f.Rings++ }
func (f *frail) Manage(tx *Tx) error    { return tx.Allow(Anyone(), make([]string, 65)...) }
func (f *frail) SetTimer(tx *Tx, y int) { tx.At(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), "Ring") }

func TestCA1_InitThatDestroysIsAnErrorAndNoLoop(t *testing.T) {
	k := newKit(t, frailApp())
	if a := k.refused("alice", "frail/alice/gone/Add", "[]", "failed"); !strings.Contains(a.Error.Message, "let Init return an error") {
		t.Errorf("got %q", a.Error.Message)
	}
}

func TestCA1_InitThatHangsIsNotRunWithoutEnd(t *testing.T) {
	k := newKit(t, frailApp())
	overrun := func() {
		t.Helper()
		done := make(chan said)
		go func() { done <- k.do("alice", "frail/alice/hangs/Add", "[]") }()
		<-frailStarted
		for over := false; !over; {
			k.clock.Advance(time.Second)
			select {
			case a := <-done:
				over = true
				if a.Error.Code != "deadline" {
					t.Errorf("got %+v", a)
				}
			case <-time.After(time.Millisecond):
			}
		}
	}
	overrun()
	overrun()
	if a := k.refused("alice", "frail/alice/hangs/Add", "[]", "unavailable"); a.Status != 503 {
		t.Errorf("status %d", a.Status)
	}
	if len(frailStarted) != 0 {
		t.Error("Init has begun a third time")
	}
	close(frailEnd)
}

func TestErrorsAreTexts(t *testing.T) {
	k := newKit(t, frailApp())
	for _, n := range []string{"[1]", "[499]", "[500]"} {
		if a := k.refused("alice", "frail/alice/home/Say", n, "failed"); !utf8.ValidString(a.Error.Message) || strings.Count(a.Error.Message, "\uFFFD") != 1 {
			t.Errorf("%q", a.Error.Message)
		}
	}
	k.want("alice", "frail/alice/home/Ask", `["alice/other"]`, "null")
	k.eventually("alice", "frail/alice/home/Get", "[]", "[0,0,1]")
	if a := k.refused("alice", "frail/alice/home/Manage", "[]", "failed"); strings.Contains(a.Error.Message, "too_large") {
		t.Errorf("got %q", a.Error.Message)
	}
}

func TestCA7_InstantsBeyondAllCountingAreFarAway(t *testing.T) {
	k := newKit(t, frailApp())
	for _, year := range []string{"[300000]", "[400000]", "[10000000]"} {
		k.want("alice", "frail/alice/home/SetTimer", year, "null")
	}
	k.clock.Advance(time.Hour)
	k.want("alice", "frail/alice/home/Get", "[]", "[0,0,0]")
	k.want("alice", "frail/alice/home/SetTimer", "[-400000]", "null") // rings at once; a clock that jumped now would end its method by deadline
	k.eventually("alice", "frail/alice/home/Get", "[]", "[0,1,0]")
}
