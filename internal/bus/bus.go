package bus

import (
	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// Limits of a request.
const (
	MaxMethodBytes = 64
	MinRunBytes    = 16
	MaxRunBytes    = 64
	MaxKeyBytes    = 128
)

// Bus takes requests from authenticated clients to the CAs of this node.
type Bus struct{ runtime *actor.Runtime }

// New makes a bus over a runtime whose Gate is this package's.
func New(rt *actor.Runtime) *Bus { return &Bus{runtime: rt} }

// Request sends a client's request on its way. All that is wrong with it is told by its Reply.
func (b *Bus) Request(r Request) {
	if err := r.check(); err != nil {
		r.Reply(Reply{Err: err})
		return
	}
	c := &call{scope: r.Caller.Scope, key: r.Key, answer: r.Reply}
	c.message = actor.Message{
		Kind: actor.Call, To: r.To, Method: r.Method, Args: r.Args, Ext: c,
		From: name.Name{App: r.To.App, Owner: r.Caller.Owner}, Reply: c.reply,
	}
	b.runtime.Deliver(&c.message)
}

// call is a request on its way: its message, and what that doesn't say, which is its Ext. All of it is made together, and small: each request has one.
type call struct {
	message actor.Message
	scope   policy.Scope
	key     Key
	answer  func(Reply)
}

func (c *call) reply(result []byte, err *wire.Error) {
	c.answer(Reply{Result: result, Err: err})
}

// ScopeOf is what the token was narrowed to by which a message came. What is no request is not limited by any.
func ScopeOf(m *actor.Message) policy.Scope {
	if c, ok := m.Ext.(*call); ok {
		return c.scope
	}
	return policy.Scope{}
}

func (r *Request) check() *wire.Error {
	switch {
	case r.Caller.Owner == "":
		return wire.Err(wire.Unauthenticated, "Sign in first.")
	case r.To.Kind() != name.CA || r.To.App == "" || r.To.Host != "" || r.To.Check() != nil:
		return wire.Err(wire.BadRequest, "A request goes to one assistant of this server: app:owner/name.")
	case len(r.Method) > MaxMethodBytes:
		return wire.Err(wire.BadRequest, "A method's name has at most 64 bytes.")
	case r.Key.Run != "" && (len(r.Key.Run) < MinRunBytes || len(r.Key.Run) > MaxRunBytes):
		return wire.Err(wire.BadRequest, "A session's run has 16 to 64 bytes.")
	case len(r.Key.Text) > MaxKeyBytes:
		return wire.Err(wire.BadRequest, "An Idempotency-Key has at most 128 bytes.")
	}
	return nil
}
