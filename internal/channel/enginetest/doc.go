// Package enginetest is a fake pico-engine, of the two generations that are in use, for tests of what goes over the wire between them and this server.
//
// It behaves as those engines were seen to, with their flaws: it never tries anything again; it joins a host and a path as they stand, so that a slash too many is its peer's problem, and answers 404
// to one of its own; it follows redirects as browsers do, which costs a POST its body; it adds the caller's headers to an event as the attribute _headers, and hands on to peers whatever attributes it was
// given; what it lacks it sends as null; it drops bodies of types that it does not know, and requests that lack attributes, and says that all is well.
//
// The generation V048 sends to {host}/sky/event/{eci}/none/{domain}/{type} and answers what goes wrong with 404 or 500. V1 sends to {host}/c/{eci}/event/{domain}/{type} and answers 200, with an
// error in the body; it hands on more of what it was given. Both take events at either path.
//
// An Engine is one pico. All that came and all that it sent is kept, byte for byte. What it makes itself, ECIs and ids, is the same in each run.
//
// # Locks
//
// Engine.mu guards what the pico knows, and is held across no I/O.
package enginetest
