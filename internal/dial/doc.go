// Package dial is the client's side of calls, without I/O: which rooms it is in, as whom, and what is said there.
//
// Calls is the machine of all calls of one link. It is told of the connection and of frames, and tells what to send and what has come. The same one
// runs in browsers and in native clients. What stands in a payload is not its business: it is one CBOR item, from one end of the call to the other.
//
// # Guarantees
//
// A call comes back by itself after a cut, as the member that it was, with the latest hello. Whoever uses it hears, in this order: that it is opened,
// and whether as the same member; what the room says, each signal once and in order; that it is stale, or ended. Between stale and the next opened
// it hears nothing. What is said while a call is not live is not sent, and not kept: Send tells. What was under way at a cut is lost, either way; the
// ends agree on what to say again when the call is opened.
//
// Refused with unavailable, overloaded or quota, a call asks again, after what the server asks for or ½ s to 30 s, with jitter; any other code ends
// it. Each asking has a number of its own on the wire, so that what is still under way of an older one is nobody's. After a frame that is malformed
// the connection is to be given up; nothing of it is told.
//
// # Limits
//
// A payload that is not one CBOR item of the deterministic subset, or has more than wire.MaxSignal bytes, is not taken: it would cost the connection,
// which other pages may share. How many calls a connection may have, the server decides.
package dial
