package actortest

import (
	"sync"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// incarnation is the class of one runtime. A runtime that is closed leaves methods behind that run still: they must not meet what the test makes for the next one.
type incarnation struct {
	*Class
	mu   sync.RWMutex // held for reading while a method runs
	over bool
}

// Of is the class of the app's CAs, or of its topics.
func (i *incarnation) Of(id name.Name) actor.Class {
	if id.Topic() {
		return i.Topics
	}
	return i
}

// Invoke runs the method of a message, unless the incarnation is over.
func (i *incarnation) Invoke(tx *actor.Tx, instance any, m *actor.Message) ([]byte, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	if i.over {
		return nil, wire.Err(wire.Unavailable, "This runtime has crashed.")
	}
	return i.Class.Invoke(tx, instance, m)
}

// end waits for methods that run, and lets no other one begin.
func (i *incarnation) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.over = true
}
