package server

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/call"
	"github.com/wabgo/wab/internal/clock"
)

// CallEvent tells OnCall that somebody has come into a room, or has gone:
//
//	func (m *Meeting) OnCall(tx *server.Tx, e server.CallEvent) error
//
// Each is told once, in a transaction of its own, through restarts too; of a member that was there for moments only, perhaps neither.
type CallEvent struct {
	Room   string
	Member string // its id; Member.Session
	Who    Who
	Joined bool // else it has left
	At     time.Time
}

var typeCallEvent = reflect.TypeFor[CallEvent]()

func newCallEvent(m *actor.Message) CallEvent {
	e := m.Ext.(call.Event)
	return CallEvent{e.Room, e.Member, who(e.Principal), e.Joined, clock.FromMicros(e.At)}
}

// forCalls tells whether a method's name, or its parameter, belongs to what the framework does with calls.
func forCalls(m reflect.Method) bool {
	return m.Name == call.OnCall || m.Type.NumIn() > 2 && m.Type.In(1) == typeTx && m.Type.In(2) == typeCallEvent
}

// addForCalls takes the app's method for who comes and goes, and no other.
func (c *class) addForCalls(m reflect.Method) error {
	t := m.Type
	switch {
	case m.Name != call.OnCall:
		return errors.New("only OnCall takes a server.CallEvent")
	case t.NumIn() != 3 || t.In(1) != typeTx || t.In(2) != typeCallEvent || t.NumOut() != 1 || t.Out(0) != typeError:
		return fmt.Errorf("the name is for who comes into rooms, and goes: it must be func(%s) error", signature([]reflect.Type{typeCallEvent}))
	}
	c.methods[m.Name] = &method{name: m.Name, call: m.Func, handler: typeCallEvent, hasError: true}
	return nil
}
