// Package link is the client's side of the session protocol (package wire) as a state machine without I/O: the same for the browser's
// background layer and for native clients.
//
// # How it is driven
//
// A driver owns the socket, a timer and one Link, which it calls from one goroutine at a time. Every input takes the instant now, int64
// µs since 1970 UTC by the client's clock; instants should come from a monotonic source, and one that goes back counts as the last.
// After each input the driver drains Next, and calls Tick at Wake. Events may alias the frame that was handed to Received: drain before
// its buffer is used again. Arguments of requests are kept until they are answered, and must not be changed.
//
// # What it guarantees
//
// Every request is answered exactly once by an Answer: with its result, the server's error, or an error of its own (deadline, overloaded,
// session_expired, unavailable, too_large). One on a channel that the server has closed is told why. Requests of one channel are sent in the order they were made. After a cut, channels are
// opened again with the same run and what is unanswered is sent again with the same ids, marked retry, before anything new; the server's
// receipts make that harmless. Where the server says that its receipts may be gone, requests in doubt end with session_expired, and only
// those that were never sent go on, in a new run. A request refused with unavailable or overloaded was not executed and is sent again,
// with jitter, until its deadline; others may overtake it meanwhile. Overloaded and unavailable come through only where no sending of the
// request can have run. So does quota, which comes through at once: servers say it only when they have looked for the receipt of an
// earlier sending.
//
// The deadline of a request that was sent does not call it back: it may have run, and the answer says so.
//
// Each answer to a ping is told with its four instants (Sample), for whoever compares the clocks; Ping asks for one before it is due.
//
// Notes arrive once and in order; what was lost is told by Dropped, or by Opened with Resumed false.
//
// # Limits
//
// At most MaxPending requests with MaxPendingBytes of arguments wait for an answer; more are refused with overloaded at once. On one
// channel no more are in flight than the server allows. Reconnecting backs off from ½ s to 30 s, with jitter, and honours the server's
// reconnectAfter.
//
// The package is pure and belongs to the browser core.
package link
