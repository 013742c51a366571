// Package calltest has bad networks for tests and benches of calls: a proxy before a UDP address that delays, shakes, loses and throttles datagrams, and can be cut.
//
// # Guarantees
//
// Every client of a proxy has a socket of its own towards the target, so the target tells clients apart as it does without the proxy. A client is an address that has
// sent something. What happens to a datagram is drawn from a generator of the client's and the direction's own, made from Conditions.Seed, the client's number (0 for
// the first) and the direction: the n-th datagram of a direction meets the same fate in every run with the same conditions.
//
// # Order
//
// Jitter lets datagrams overtake each other, as networks with several paths do; Conditions.Ordered keeps them in line. Without jitter they stay in order. What is on its
// way when conditions change keeps the delay that it was given. A cut loses what is on its way.
//
// # Limits
//
// 4,096 datagrams on their way in a proxy; more are lost, as in a router whose buffer is full. 256 clients; others are not heard.
//
// # Locks
//
// Proxy.mu is a leaf and held across no I/O. A proxy is one goroutine that listens, one that delivers, and one for each client; Close ends them and waits.
package calltest
