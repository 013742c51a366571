// Package check looks at a server from where it runs, as clients would come, and tells an operator what can't be reached, why, and what to do.
//
// # What is looked at
//
// In this order: the address and its name, HTTP, the certificate, whether browsers give pages a camera, WebSockets, and with a token: the clock, the UDP port of calls by
// STUN, the TCP port likewise, and each relay, by opening one with fresh credentials and sending a question through it to the media's port and back. With a data folder: the
// folder.
//
// # Guarantees
//
// The token is sent to a server only whose certificate is good, or that is on this machine. Nothing is changed on the server, but for relays that are opened and closed.
//
// # Limits
//
// Each look takes at most five seconds, so that all take less than a minute. What is found holds for the network that the check runs in: reachability from the internet is
// seen from the internet only.
package check
