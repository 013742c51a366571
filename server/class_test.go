package server

import (
	"io"
	"strings"
	"testing"
	"time"
)

type wrong struct {
	Pipe chan int
}

func (*wrong) Init(tx *Tx, n int) error        { return nil }
func (*wrong) Many(tx *Tx, all ...int)         {}
func (*wrong) Channel(tx *Tx, c chan int)      {}
func (*wrong) Func(tx *Tx) func()              { return nil }
func (*wrong) Reader(tx *Tx, r io.Reader)      {}
func (*wrong) Keys(tx *Tx, m map[[2]int]int)   {}
func (*wrong) Three(tx *Tx) (int, int, error)  { return 0, 0, nil }
func (*wrong) Mixed(tx *Tx, r Response, n int) {}
func (*wrong) Deep(tx *Tx, d struct{ F func() }) {
}
func (*wrong) Helper(n chan int) {}

func TestMethodsThatCantBeCalledAreToldAtStart(t *testing.T) {
	_, err := New(Options{Data: t.TempDir()}, App{Name: "wrong", New: func() CA { return new(wrong) }})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"method Init: the name belongs to the lifecycle: it must be func(*server.Tx) error",
		"method Many: a variadic", "method Channel: parameter 1", "method Func: result", "method Reader: parameter 1: io.Reader is an interface",
		"method Keys: parameter 1", "method Three: a method returns at most one value", "method Mixed: a handler takes", "method Deep: parameter 1: field F",
		"field Pipe: chan int can't be sent",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "Helper") {
		t.Error("a method without a Tx is the app's own affair")
	}
}

func TestWrongApps(t *testing.T) {
	good := func() CA { return new(bot) }
	for want, apps := range map[string][]App{
		"needs at least one app":            {},
		"two apps have this name":           {{Name: "a", New: good}, {Name: "a", New: good}},
		"reserved":                          {{Name: "api", New: good}},
		"App.New is missing":                {{Name: "a"}},
		"must return a pointer to a struct": {{Name: "a", New: func() CA { return bot{} }}},
		"PulseEvery must be 10 ms or more":  {{Name: "a", New: good, PulseEvery: time.Millisecond}},
		"there is no method Pulse":          {{Name: "a", New: good, PulseEvery: time.Second}},
	} {
		_, err := New(Options{Data: t.TempDir()}, apps...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// beat pulses and upgrades.
type beat struct {
	Beats int
	From  string
}

func (b *beat) Pulse(tx *Tx) error { b.Beats++; return nil }
func (b *beat) Count(tx *Tx) int   { return b.Beats }
func (b *beat) Was(tx *Tx) string  { return b.From }
func (b *beat) Touch(tx *Tx)       { b.Beats += 100 }
func (b *beat) Upgrade(tx *Tx, from string) error {
	if from == "bad" {
		return io.ErrUnexpectedEOF
	}
	b.From = from
	return nil
}

func beatApp(version string) App {
	return App{Name: "beat", Version: version, New: func() CA { return new(beat) }, PulseEvery: time.Minute}
}

func TestCA7_PulsesSurviveRestarts(t *testing.T) {
	k := newKit(t, beatApp("1"))
	k.want("alice", "beat/alice/home/Count", "[]", "0")
	k.clock.Advance(time.Minute)
	k.eventually("alice", "beat/alice/home/Count", "[]", "1")
	k.stop()
	k.clock.Advance(10 * time.Minute)
	k.start()
	k.clock.Advance(time.Millisecond)
	k.eventually("alice", "beat/alice/home/Count", "[]", "2") // late, and once
	k.clock.Advance(time.Minute)
	k.eventually("alice", "beat/alice/home/Count", "[]", "3")
}

func TestCA8_StateIsUpgradedBeforeTheFirstMessage(t *testing.T) {
	k := newKit(t, beatApp("1"))
	k.do("alice", "beat/alice/home/Touch", "[]")
	k.stop()
	k.apps = []App{beatApp("2")}
	k.start()
	k.want("alice", "beat/alice/home/Was", "[]", `"1"`)
	k.restart()
	k.want("alice", "beat/alice/home/Was", "[]", `"1"`) // once
	k.want("alice", "beat/alice/home/Count", "[]", "100")
}

func TestCA8_AFailedUpgradeLeavesTheStateUntouched(t *testing.T) {
	k := newKit(t, beatApp("bad"))
	k.do("alice", "beat/alice/home/Touch", "[]")
	k.stop()
	k.apps = []App{beatApp("2")}
	k.start()
	k.refused("alice", "beat/alice/home/Count", "[]", "failed")
	k.refused("alice", "beat/alice/home/Count", "[]", "failed")
	k.stop()
	k.apps = []App{beatApp("bad")}
	k.start()
	k.want("alice", "beat/alice/home/Count", "[]", "100")
}

type shape1 struct{ V int }

func (s *shape1) Set(tx *Tx, v int) { s.V = v }
func (s *shape1) Get(tx *Tx) int    { return s.V }

type shape2 struct{ V []string }

func (s *shape2) Get(tx *Tx) []string { return s.V }

func TestCA8_StateThatDoesNotFitIsKept(t *testing.T) {
	k := newKit(t, App{Name: "shape", New: func() CA { return new(shape1) }})
	k.do("alice", "shape/alice/home/Set", "[7]")
	k.stop()
	k.apps = []App{{Name: "shape", New: func() CA { return new(shape2) }}}
	k.start()
	if a := k.refused("alice", "shape/alice/home/Get", "[]", "failed"); !strings.Contains(a.Error.Message, "doesn't fit") {
		t.Error(a.Error.Message)
	}
	k.stop()
	k.apps = []App{{Name: "shape", New: func() CA { return new(shape1) }}}
	k.start()
	k.want("alice", "shape/alice/home/Get", "[]", "7")
}
