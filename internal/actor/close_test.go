package actor_test

import (
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/actor/actortest"
	"github.com/wabgo/wab/internal/wire"
)

// TestOPS2_WhoComesWhileTheRuntimeClosesIsAnswered: the message is on its way to the mailbox when Close begins, and there when it has ended.
func TestOPS2_WhoComesWhileTheRuntimeClosesIsAnswered(t *testing.T) {
	var once sync.Once
	arrived, open := make(chan struct{}), make(chan struct{})
	w := actortest.NewWorld(t, counter())
	w.Options.Gate = &actortest.Gate{OnArrive: func(m *actor.Message) *wire.Error {
		if m.Method == "get" {
			once.Do(func() { close(arrived) })
			<-open
		}
		return nil
	}}
	w.Boot()
	w.Must(w.Call("alice/home", "add", nil))
	reply := make(chan (<-chan actortest.Reply))
	go func() { reply <- w.Send("alice", "alice/home", "get", nil) }()
	<-arrived
	w.Runtime.Close()
	close(open)
	if r := w.Await(<-reply); r.Code() != wire.Unavailable {
		t.Error(r)
	}
}
