package actor_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// tally is a feature that counts, durably, and keeps what it was told to do.
type tally struct{ noted atomic.Int64 }

type tallyPart struct {
	of            *tally
	n, before     uint64
	notes, notesB int
}

func (*tally) Letter() byte                   { return 'T' }
func (f *tally) NewPart(*actor.CA) actor.Part { return &tallyPart{of: f} }
func (p *tallyPart) Load(_, value []byte) error {
	r := cbor.NewReader(value)
	p.n = r.Uint()
	return r.Done()
}
func (p *tallyPart) Begin()    { p.before, p.notesB = p.n, 0; p.notes = 0 }
func (p *tallyPart) Rollback() { p.n, p.notes = p.before, 0 }
func (p *tallyPart) Encode(c *actor.Commit) {
	if p.n != p.before {
		c.Put(actor.HotKey('T'), cbor.AppendUint(nil, p.n))
		p.before = p.n
	}
	if n := p.notes; n > 0 {
		c.After(func() { p.of.noted.Add(int64(n)) })
	}
}

func (f *tally) bump(tx *actor.Tx) (n uint64) {
	tx.Use(f, func(p actor.Part) {
		t := p.(*tallyPart)
		t.n++
		t.notes++
		n = t.n
	})
	return n
}

// mess changes everything that a transaction can change.
func mess(f *tally) actortest.Method {
	return func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		s.N, s.Log = s.N+1, append(s.Log, "mess")
		s.Private++
		f.bump(tx)
		if _, err := tx.Post(actortest.Name("app:alice/other"), "add", nil); err != nil {
			return nil, err
		}
		_, err := tx.Set(tx.Now()+1000, 0, "add", nil)
		return nil, err
	}
}

func messWorld(t *testing.T, end actortest.Method) (*actortest.World, *tally) {
	f := &tally{}
	m := counter()
	m["mess"] = mess(f)
	m["messAnd"] = func(tx *actor.Tx, s *state, msg *actor.Message) ([]byte, error) {
		if _, err := mess(f)(tx, s, msg); err != nil {
			return nil, err
		}
		return end(tx, s, msg)
	}
	m["tally"] = func(tx *actor.Tx, s *state, _ *actor.Message) (out []byte, _ error) {
		tx.Use(f, func(p actor.Part) { out = cbor.AppendUint(nil, p.(*tallyPart).n) })
		return out, nil
	}
	w := actortest.NewWorld(t, m)
	w.Options.Features = []actor.Feature{f}
	w.Class.Limit = 5 * time.Second
	return w, f
}

func nothingHappened(t *testing.T, w *actortest.World, f *tally, before []string) {
	t.Helper()
	w.Clock.Advance(time.Minute)
	if n := number(w.Call("alice/home", "get", nil)); n != 1 {
		t.Errorf("state is %d", n)
	}
	if n := number(w.Call("alice/home", "tally", nil)); n != 0 || f.noted.Load() != 0 {
		t.Errorf("the feature kept %d, did %d", n, f.noted.Load())
	}
	if keys := w.Memory.Keys("app:alice/home"); len(keys) != len(before) {
		t.Errorf("stored %q, before %q", keys, before)
	}
	if len(w.Memory.CAs()) != 1 {
		t.Errorf("a message was sent: %q", w.Memory.CAs())
	}
	w.Restart()
	if n := number(w.Call("alice/home", "get", nil)); n != 1 {
		t.Errorf("state is %d after a restart", n)
	}
}

func TestCA1_ErrorRollsEverythingBack(t *testing.T) {
	w, f := messWorld(t, func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, errors.New("no") })
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	before := w.Memory.Keys("app:alice/home")
	if r := w.Call("alice/home", "messAnd", nil); r.Code() != wire.Failed || r.Err.Message != "no" {
		t.Fatal(r)
	}
	if n := number(w.Call("alice/home", "private", nil)); n != 2 {
		t.Errorf("unexported fields survive an error: %d", n)
	}
	nothingHappened(t, w, f, before)
}

func TestCA1_PanicRollsEverythingBack(t *testing.T) {
	for name, p := range map[string]any{"error": errors.New("secret"), "text": "secret", "uncomparable": []int{1}, "pointer": (*state)(nil)} {
		t.Run(name, func(t *testing.T) {
			w, f := messWorld(t, func(*actor.Tx, *state, *actor.Message) ([]byte, error) { panic(p) })
			w.Boot()
			w.Must(w.Call("alice/home", "add", nil))
			before := w.Memory.Keys("app:alice/home")
			r := w.Call("alice/home", "messAnd", nil)
			if r.Code() != wire.Failed || r.Err.Message == "secret" {
				t.Fatal(r)
			}
			nothingHappened(t, w, f, before)
		})
	}
}

func TestCA1_FailureAmongJoinedMessagesLosesOnlyItself(t *testing.T) {
	w, f := messWorld(t, func(*actor.Tx, *state, *actor.Message) ([]byte, error) { return nil, errors.New("no") })
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	release := hold(w)
	var good, bad []<-chan actortest.Reply
	for range 10 {
		good = append(good, w.Send("alice", "alice/home", "mess", nil))
		bad = append(bad, w.Send("alice", "alice/home", "messAnd", nil))
	}
	w.Until("all to be handled", func() bool { return joined(w, "alice/home") == 20 })
	release()
	for i := range good {
		if r := w.Await(good[i]); r.Err != nil {
			t.Error(r)
		}
		if r := w.Await(bad[i]); r.Code() != wire.Failed {
			t.Error(r)
		}
	}
	if n := number(w.Call("alice/home", "tally", nil)); n != 10 {
		t.Errorf("tally %d", n)
	}
	w.Until("effects", func() bool { return f.noted.Load() == 10 })
	w.Clock.Advance(time.Second)
	w.Until("timers and messages", func() bool {
		return number(w.Call("alice/home", "get", nil)) == 1+10+10 && number(w.Call("alice/other", "get", nil)) == 10
	})
}

// stuck is a method that hangs until it is let go, and then tells what its dead Tx does.
type stuck struct {
	in, out chan struct{}
	dead    chan any
}

func newStuck() *stuck {
	return &stuck{in: make(chan struct{}, 10), out: make(chan struct{}), dead: make(chan any, 10)}
}

func (k *stuck) method(f *tally) actortest.Method {
	return func(tx *actor.Tx, s *state, m *actor.Message) ([]byte, error) {
		k.in <- struct{}{}
		<-k.out
		s.N += 1_000_000 // the old instance is the method's own
		for _, use := range []func(){
			func() { f.bump(tx) },
			func() { _, _ = tx.Post(actortest.Name("app:alice/other"), "add", nil) },
			func() { _, _ = tx.Set(1, 0, "add", nil) },
			tx.Destroy,
			func() { tx.Cancel(1) },
		} {
			func() {
				defer func() { k.dead <- recover() }()
				use()
			}()
		}
		panic("late")
	}
}

func TestCA1_OverrunKillsTheTxAndGoesOnInAFreshInstance(t *testing.T) {
	k := newStuck()
	f := &tally{}
	w, f := func() (*actortest.World, *tally) {
		w, g := messWorld(t, nil)
		f = g
		w.Class.Methods["hang"] = k.method(f)
		return w, f
	}()
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	before := w.Memory.Keys("app:alice/home")
	late := w.Send("alice", "alice/home", "hang", nil)
	<-k.in
	next := w.Send("alice", "alice/home", "get", nil)
	w.Clock.Advance(6 * time.Second)
	if r := w.Await(late); r.Code() != wire.Deadline {
		t.Fatal(r)
	}
	if r := w.Await(next); number(r) != 1 {
		t.Fatal(r)
	}
	if n := number(w.Call("alice/home", "private", nil)); n != 0 {
		t.Errorf("unexported fields are lost by an overrun: %d", n)
	}
	close(k.out)
	for range 5 {
		if p := <-k.dead; p == nil {
			t.Error("a dead Tx must panic")
		}
	}
	nothingHappened(t, w, f, before)
	if len(late) != 0 {
		t.Error("two replies")
	}
	if !w.Log.Has("CA makes no progress") {
		t.Error("it was not reported")
	}
}

func TestCA1_SecondOverrunMakesUnavailableUntilOneReturns(t *testing.T) {
	k, f := newStuck(), &tally{}
	m := counter()
	m["hang"] = k.method(f)
	w := actortest.NewWorld(t, m)
	w.Options.Features = []actor.Feature{f}
	w.Class.Limit = 5 * time.Second
	rang := 0
	m["ring"] = func(*actor.Tx, *state, *actor.Message) ([]byte, error) { rang++; return nil, nil }
	m["set"] = func(tx *actor.Tx, _ *state, _ *actor.Message) ([]byte, error) {
		_, err := tx.Set(tx.Now()+20_000_000, 0, "ring", nil)
		return nil, err
	}
	w.Boot()
	w.Must(w.Call("alice/home", "set", nil))
	for range 2 {
		late := w.Send("alice", "alice/home", "hang", nil)
		<-k.in
		w.Clock.Advance(6 * time.Second)
		if r := w.Await(late); r.Code() != wire.Deadline {
			t.Fatal(r)
		}
	}
	r := w.Call("alice/home", "get", nil)
	if r.Code() != wire.Unavailable || r.Err.RetryAfter == 0 {
		t.Fatal(r)
	}
	w.Clock.Advance(time.Minute) // timers wait too
	if r := w.Call("alice/home", "get", nil); r.Code() != wire.Unavailable {
		t.Fatal(r)
	}
	if r := w.Call("alice/else", "add", nil); r.Err != nil {
		t.Error("others go on:", r)
	}
	k.out <- struct{}{}
	for range 5 {
		<-k.dead
	}
	w.Until("it to come back", func() bool { return w.Call("alice/home", "add", nil).Err == nil })
	w.Until("its timer", func() bool { w.Must(w.Call("alice/home", "get", nil)); return rang == 1 })
	close(k.out)
}

func TestCA1_ZombieAndItsCADoNotRace(t *testing.T) {
	stop := make(chan struct{})
	in := make(chan struct{}, 1)
	done := make(chan struct{})
	m := counter()
	m["wild"] = func(tx *actor.Tx, s *state, msg *actor.Message) ([]byte, error) {
		in <- struct{}{}
		defer close(done)
		for {
			select {
			case <-stop:
				return nil, nil
			default:
				s.N++
				s.Log = append(s.Log[:0], "x")
				_ = tx.Self()
				_ = tx.Now()
				_ = tx.Message().Args
			}
		}
	}
	w := actortest.NewWorld(t, m)
	w.Class.Limit = 5 * time.Second
	w.Boot()
	late := w.Send("alice", "alice/home", "wild", nil)
	<-in
	w.Clock.Advance(6 * time.Second)
	w.Await(late)
	for i := range 100 {
		if r := w.Call("alice/home", "add", nil); number(r) != int64(i+1) {
			t.Fatal(r)
		}
	}
	close(stop)
	<-done
}

func TestCA1_PanicsAroundMethodsAreErrors(t *testing.T) {
	w := actortest.NewWorld(t, counter())
	bad := false
	w.Class.BadState = func([]byte) error {
		if bad {
			panic("decode")
		}
		return nil
	}
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	bad = true
	if r := w.Call("alice/home", "fail", nil); r.Code() != wire.Failed {
		t.Fatal(r)
	}
	if r := w.Call("alice/home", "get", nil); r.Code() != wire.Failed {
		t.Fatal("what can't be restored is loaded again, and that fails clearly:", r)
	}
	w.Until("it to be gone", func() bool { return w.Runtime.Active() == 0 })
	bad = false
	if r := w.Call("alice/home", "get", nil); number(r) != 1 {
		t.Fatal(r)
	}
}
