package client

import "github.com/wabgo/wab/internal/wire"

// Error is why a server, or a method, refuses: a code to act upon, a message in people's words, and the milliseconds after which the same may succeed, 0 where that is unknown.
// Errors of this package that come from the other side are *Error inside, for errors.As.
type Error = wire.Error

// Code names a kind of failure. The set is closed.
type Code = wire.Code

// The codes, and what each one promises. Calls that are Overloaded or Unavailable are repeated, and come out as such only at their end.
const (
	BadRequest      = wire.BadRequest      // malformed, unknown method, wrong arguments: the same request will fail again
	Unauthenticated = wire.Unauthenticated // no token, or one that is expired, revoked or not the server's
	NotAllowed      = wire.NotAllowed      // the receiver's policy, the token's scope or the method refuses
	NotFound        = wire.NotFound        // no such app, a CA that only its owner can create, or nothing of what the method was asked for
	Conflict        = wire.Conflict        // the key, the name or the thing is in use for something else
	TooLarge        = wire.TooLarge        // over a documented limit; nothing was done
	Failed          = wire.Failed          // the method returned another error or panicked; everything is rolled back
	Overloaded      = wire.Overloaded      // not executed: a queue is full; come back after RetryAfter
	Quota           = wire.Quota           // not executed: the owner's, or an app's own, quota is used up
	Internal        = wire.Internal        // a defect of the server
	Unavailable     = wire.Unavailable     // not executed now: draining, restarting, or a CA that is stuck
	Deadline        = wire.Deadline        // the method overran its deadline; everything is rolled back
	SessionExpired  = wire.SessionExpired  // the server no longer knows whether the request ran; it will not run it again
)
