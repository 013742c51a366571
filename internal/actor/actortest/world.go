package actortest

import (
	"context"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// Start is where fake clocks begin.
var Start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

// patience is how long Until waits for what has to come.
const patience = 20 * time.Second

// World is a runtime under test. Set its fields, then Boot.
type World struct {
	T       testing.TB
	Memory  *Memory
	Store   *Store
	Clock   *clock.Fake
	Class   *Class // of the app "app"
	Log     *Log
	Options actor.Options
	Runtime *actor.Runtime

	class *incarnation // of Runtime
}

// NewWorld makes a world with an empty store, a fake clock and a gate that lets everything in.
func NewWorld(t testing.TB, methods map[string]Method) *World {
	w := &World{T: t, Memory: NewMemory(), Clock: clock.NewFake(Start), Class: &Class{Methods: methods, Life: map[actor.Kind]Method{}}, Log: &Log{}}
	w.Store = &Store{Store: w.Memory}
	w.Options = actor.Options{Gate: &Gate{}, Workers: 2}
	w.Log.Show(t)
	return w
}

// Boot starts the runtime, and sees to its end.
func (w *World) Boot() *World {
	w.class = &incarnation{Class: w.Class}
	w.Runtime = w.start(w.class)
	return w
}

// Another starts one more runtime on the same store, as another process would.
func (w *World) Another() *actor.Runtime { return w.start(w.Class) }

func (w *World) start(class actor.Class) *actor.Runtime {
	o := w.Options
	o.Store, o.Clock, o.Logger = w.Store, w.Clock, w.Log.Logger()
	if o.Classes == nil {
		o.Classes = map[string]actor.Class{"app": class}
	}
	rt := actor.New(o)
	w.T.Cleanup(rt.Close)
	return rt
}

// Restart ends the runtime in good order and starts it again.
func (w *World) Restart() {
	w.T.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Runtime.Drain(ctx); err != nil {
		w.T.Fatal(err)
	}
	w.Runtime.Close()
	w.Boot()
}

// Crash ends the runtime at once; what is durable stays. A method that runs still, of which nothing will be durable, is waited for.
func (w *World) Crash() {
	w.Runtime.Close()
	w.class.end()
}

// Reply is the outcome of a Call.
type Reply struct {
	Result []byte
	Err    *wire.Error
}

// Code is the code of the error, "" without one.
func (r Reply) Code() wire.Code {
	if r.Err == nil {
		return ""
	}
	return r.Err.Code
}

// Send sends a Call of an owner and returns where its outcome will come.
func (w *World) Send(from, to, method string, args []byte) <-chan Reply {
	return SendTo(w.Runtime, from, to, method, args)
}

// SendTo is Send to another runtime.
func SendTo(rt *actor.Runtime, from, to, method string, args []byte) <-chan Reply {
	out := make(chan Reply, 2) // a second reply would be a defect
	rt.Deliver(&actor.Message{Kind: actor.Call, From: Name("app:" + from), To: Name("app:" + to), Method: method, Args: args,
		Reply: func(result []byte, err *wire.Error) { out <- Reply{result, err} }})
	return out
}

// Call sends a Call of the CA's own owner and waits for its outcome.
func (w *World) Call(to, method string, args []byte) Reply {
	w.T.Helper()
	return w.Await(w.Send(Name("app:"+to).Owner, to, method, args))
}

// Await waits for an outcome.
func (w *World) Await(c <-chan Reply) Reply {
	w.T.Helper()
	select {
	case r := <-c:
		return r
	case <-time.After(patience):
		w.T.Fatal("no reply")
		panic("unreachable")
	}
}

// Must waits for an outcome that is no error.
func (w *World) Must(r Reply) []byte {
	w.T.Helper()
	if r.Err != nil {
		w.T.Fatal(r.Err)
	}
	return r.Result
}

// Until waits until a condition holds.
func (w *World) Until(what string, holds func() bool) {
	w.T.Helper()
	Until(w.T, what, holds)
}

// Until waits until a condition holds.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	end := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(end) {
			t.Fatal("in vain: " + what)
		}
		<-time.After(100 * time.Microsecond)
	}
}

// Name parses a name that is known to be one.
func Name(s string) name.Name {
	n, err := name.Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}
