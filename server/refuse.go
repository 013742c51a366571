package server

import (
	"errors"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/wire"
)

// Error is a failure as its receiver sees it: a code, a message in people's words, and the milliseconds after which the same may succeed, 0 where that is unknown.
// Errors of Read, Call and Responses are *Error inside, for errors.As. A method returns one by Refuse.
type Error = wire.Error

// Code names a kind of failure. The set is closed: HTTP, sessions and messages between CAs use the same codes.
type Code = wire.Code

// The codes, and what each one promises. Refuse takes those of the first group; the others are the framework's.
const (
	BadRequest = wire.BadRequest // malformed, unknown method, wrong arguments: the same request will fail again
	NotAllowed = wire.NotAllowed // the receiver's policy, the token's scope or the method refuses
	NotFound   = wire.NotFound   // no such app, a CA that only its owner can create, or nothing of what the method was asked for
	Conflict   = wire.Conflict   // the key, the name or the thing is in use for something else
	TooLarge   = wire.TooLarge   // over a documented limit; nothing was done
	Quota      = wire.Quota      // not executed: the owner's, or an app's own, quota is used up
	Failed     = wire.Failed     // the method returned another error or panicked; everything is rolled back

	Unauthenticated = wire.Unauthenticated // no token, or one that is expired, revoked or not this server's
	Overloaded      = wire.Overloaded      // not executed: a queue is full; come back after RetryAfter
	Unavailable     = wire.Unavailable     // not executed now: draining, restarting, or a CA that is stuck
	Deadline        = wire.Deadline        // the method overran its deadline; everything is rolled back
	SessionExpired  = wire.SessionExpired  // the server no longer knows whether the request ran; it will not run it again
	Internal        = wire.Internal        // a defect of the server
)

// refusable are the codes that promise nothing but what a method can keep.
var refusable = []Code{BadRequest, NotAllowed, NotFound, Conflict, TooLarge, Quota, Failed}

// refusal is an app's own word: other Errors that a method returns are about something else than its request.
type refusal struct{ e *Error }

func (r refusal) Error() string { return r.e.Error() }
func (r refusal) Unwrap() error { return r.e }

// Refuse makes an error for a method to return, bare or wrapped: everything is taken back, and whoever has requested the method (a client, or a CA by its Response) gets the code, the message, up to 1,000
// bytes of it, and the time after which the same may succeed, in whole milliseconds, 0 for unknown; by HTTP they are the status, the body and Retry-After. Codes other than BadRequest, NotAllowed, NotFound, Conflict, TooLarge, Quota and
// Failed become Failed: clients act on what those promise. Where an event, a query or a post was handled, and for any other error of a method, it is Failed, too.
func Refuse(code Code, message string, retryAfter time.Duration) error {
	if !slices.Contains(refusable, code) {
		code = Failed
	}
	return refusal{wire.Retry(code, message, max(retryAfter, 0).Milliseconds())}
}

// refused is what a message's sender hears of a method's error.
func refused(kind actor.Kind, err error) *wire.Error {
	out := failed(err)
	var r refusal
	if (kind == actor.Call || kind == actor.Send) && errors.As(err, &r) {
		out.Code, out.RetryAfter = r.e.Code, r.e.RetryAfter
	}
	return out
}
