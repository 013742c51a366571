package wire

// Code names a kind of failure. The set is closed: HTTP, the session protocol and messages between CAs use the same codes.
type Code string

// The codes, and what each one promises.
const (
	BadRequest      Code = "bad_request"     // malformed, unknown method, wrong arguments: the same request will fail again
	Unauthenticated Code = "unauthenticated" // no token, or one that is expired, revoked or not ours
	NotAllowed      Code = "not_allowed"     // the receiver's policy or the token's scope refuses
	NotFound        Code = "not_found"       // no such app, or a CA that only its owner can create
	Conflict        Code = "conflict"        // the key or the name is in use for something else
	TooLarge        Code = "too_large"       // over a documented limit; nothing was done
	Failed          Code = "failed"          // the method returned an error or panicked; everything is rolled back
	Overloaded      Code = "overloaded"      // not executed: a queue is full; come back after RetryAfter
	Quota           Code = "quota"           // not executed: the owner's quota is used up
	Internal        Code = "internal"        // a defect of the server
	Unavailable     Code = "unavailable"     // not executed now: draining, restarting, or a CA that is stuck
	Deadline        Code = "deadline"        // the method overran its deadline; everything is rolled back
	SessionExpired  Code = "session_expired" // the server no longer knows whether the request ran; it will not run it again
)

// Error is a failure as its receiver may see it: it carries no secrets and no stacks.
type Error struct {
	Code       Code
	Message    string // what happened and what to do, in people's words
	RetryAfter int64  // milliseconds; 0 means unknown
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Err makes an Error.
func Err(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// Retry makes an Error that may be retried after ms milliseconds.
func Retry(code Code, message string, ms int64) *Error {
	return &Error{Code: code, Message: message, RetryAfter: ms}
}
