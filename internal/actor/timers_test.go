package actor_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/store"
)

// set makes a method that sets a timer, in µs from now.
func set(after, every int64, method string) actortest.Method {
	return func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		id, err := tx.Set(tx.Now()+after, every, method, arg("ring"))
		return cbor.AppendUint(nil, id), err
	}
}

const second = int64(1_000_000)

func timerWorld(t *testing.T) *actortest.World {
	m := counter()
	m["once"], m["often"], m["failing"], m["log"] = set(90*second, 0, "ring"), set(10*second, 10*second, "ring"), set(second, 0, "fail"), showLog
	m["ring"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		if m.Kind != actor.Alarm || text(m.Args) != "ring" || m.From != tx.Self() {
			return nil, errors.New("no alarm")
		}
		s.Log = append(s.Log, fmt.Sprint((tx.Now()-actortest.Start.UnixMicro())/second))
		return nil, nil
	}
	m["cancel"] = func(tx *actor.Tx, _ *state, m *actor.Message) ([]byte, error) {
		r := cbor.NewReader(m.Args)
		return cbor.AppendBool(nil, tx.Cancel(r.Uint())), nil
	}
	return actortest.NewWorld(t, m)
}

func wantLog(t *testing.T, w *actortest.World, want string) {
	t.Helper()
	w.Clock.Advance(0) // what is due has been called
	w.Until("quiet", w.Runtime.Quiet)
	if got := (talk{}).log(w, "alice/home"); got != want {
		t.Errorf("rang at %s, want %s", got, want)
	}
}

func TestCA7_TimersRingOnceAtTheirTime(t *testing.T) {
	w := timerWorld(t).Boot()
	w.Must(w.Call("alice/home", "once", nil))
	w.Clock.Advance(89 * time.Second)
	wantLog(t, w, "[]")
	w.Clock.Advance(time.Second)
	wantLog(t, w, "[90]")
	w.Clock.Advance(time.Hour)
	wantLog(t, w, "[90]")
	if n := len(w.Memory.Keys("app:alice/home")); n != 2 {
		t.Error("a timer that rang is kept:", n)
	}
}

func TestCA7_TimersSurvivePassivationAndRestartAndRunLate(t *testing.T) {
	w := timerWorld(t)
	w.Options.IdleAfter = 5 * time.Second
	w.Boot()
	w.Must(w.Call("alice/home", "once", nil))
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(10 * time.Second) // its ledger is written
	w.Until("quiet", w.Runtime.Quiet)
	w.Clock.Advance(10 * time.Second)
	if w.Runtime.Active() != 0 {
		t.Error("it should be passive")
	}
	w.Clock.Advance(70 * time.Second)
	wantLog(t, w, "[90]")
	w.Must(w.Call("alice/home", "once", nil))
	w.Must(w.Call("alice/home", "often", nil))
	w.Runtime.Close()
	w.Clock.Advance(time.Hour)
	w.Boot()
	w.Clock.Advance(0)
	wantLog(t, w, "[90 3690 3690]")
	w.Clock.Advance(10 * time.Second)
	wantLog(t, w, "[90 3690 3690 3700]")
}

func TestCA7_LostCommitRingsAgain(t *testing.T) {
	w := timerWorld(t)
	w.Options.Fatal = func(error) {}
	w.Boot()
	w.Must(w.Call("alice/home", "once", nil))
	release := w.Store.Hold()
	w.Clock.Advance(90 * time.Second)
	w.Until("it to ring", func() bool { return w.Class.Encodes.Load() == 3 })
	w.Store.Before = func([]store.Write) error { return actortest.ErrCrash } // the process dies in the middle of the commit
	release()
	w.Runtime.Close()
	w.Store.Before = nil
	w.Clock.Advance(time.Second)
	w.Boot()
	wantLog(t, w, "[91]")
}

func TestCA7_FailingTimersDoNotLoop(t *testing.T) {
	w := timerWorld(t).Boot()
	w.Must(w.Call("alice/home", "failing", nil))
	encodes := w.Store.Commits.Load()
	w.Clock.Advance(time.Hour)
	w.Until("quiet", w.Runtime.Quiet)
	if n := w.Store.Commits.Load() - encodes; n != 1 {
		t.Errorf("%d commits", n)
	}
	if n := len(w.Memory.Keys("app:alice/home")); n != 2 {
		t.Error("it is kept:", n)
	}
}

func TestCA7_CancelAndRollback(t *testing.T) {
	w := timerWorld(t)
	w.Class.Methods["cancelAll"] = func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		r := cbor.NewReader(m.Args)
		tx.Cancel(r.Uint())
		_, _ = tx.Set(1, 0, "ring", nil)
		return nil, errors.New("no")
	}
	w.Boot()
	id := w.Must(w.Call("alice/home", "once", nil))
	w.Call("alice/home", "cancelAll", id)
	w.Clock.Advance(90 * time.Second)
	wantLog(t, w, "[90]")
	id = w.Must(w.Call("alice/home", "once", nil))
	w.Must(w.Call("alice/home", "cancel", id))
	w.Clock.Advance(time.Hour)
	wantLog(t, w, "[90]")
}

func TestCA7_PulsesGoOnOverRestartsAndChanges(t *testing.T) {
	w := timerWorld(t)
	pulses := 0
	w.Class.Life[actor.Pulse] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { pulses++; return nil, nil }
	w.Class.Every = 10 * time.Second
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	for range 3 {
		w.Clock.Advance(10 * time.Second)
		w.Until("quiet", w.Runtime.Quiet)
	}
	if pulses != 3 {
		t.Error(pulses)
	}
	w.Restart()
	w.Clock.Advance(10 * time.Second)
	w.Until("quiet", w.Runtime.Quiet)
	if pulses != 4 {
		t.Error(pulses)
	}
	w.Class.Every = 0
	w.Restart()
	w.Clock.Advance(10 * time.Second)
	w.Must(w.Call("alice/home", "add", nil))
	w.Until("quiet", w.Runtime.Quiet)
	before := pulses
	w.Clock.Advance(time.Hour)
	if pulses != before || len(w.Memory.Keys("app:alice/home")) != 2 {
		t.Error("an app without pulses keeps none:", pulses, w.Memory.Keys("app:alice/home"))
	}
}

func TestCA7_LimitOfTimers(t *testing.T) {
	w := timerWorld(t)
	w.Class.Methods["many"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		ids := map[uint64]bool{}
		for range actor.MaxTimers {
			id, err := tx.Set(tx.Now()+second, 0, "ring", nil)
			if err != nil || ids[id] {
				return nil, errors.New("too early")
			}
			ids[id] = true
		}
		if _, err := tx.Set(tx.Now(), 0, "ring", nil); err == nil {
			return nil, errors.New("too late")
		}
		if _, err := tx.Set(tx.Now(), 1, "ring", nil); err == nil {
			return nil, errors.New("too often")
		}
		return nil, nil
	}
	w.Boot()
	w.Must(w.Call("alice/home", "many", nil))
}

func TestCA7_BusyTimersLeaveRoomForMessages(t *testing.T) {
	w := timerWorld(t)
	in := make(chan struct{})
	w.Class.Methods["gate"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { <-in; return nil, nil }
	var marked int64
	w.Class.Methods["mark"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) {
		marked = w.Class.Encodes.Load()
		return nil, nil
	}
	w.Class.Methods["slow"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, nil }
	w.Class.Methods["many"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		for i := range 500 {
			if _, err := tx.Set(tx.Now()+int64(i), 10_000, "slow", nil); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	w.Boot()
	w.Must(w.Call("alice/home", "many", nil))
	gate := w.Send("alice", "alice/home", "gate", nil)
	before := w.Class.Encodes.Load()
	next := w.Send("alice", "alice/home", "mark", nil)
	w.Clock.Advance(15 * time.Millisecond) // all timers are due
	close(in)
	w.Await(gate)
	w.Await(next)
	if n := marked - before; n > 10 {
		t.Errorf("the message waited for %d timers", n)
	}
}
