// Package client is the Go client of Cloud Assistants, for gadgets and services. It speaks the same protocol, by the same state machine
// (package link), as the browser's background layer.
//
//	c, err := client.Dial(ctx, "https://wab.example.org", client.Options{Token: token})
//	ca := c.CA("counter:alice/home", client.CAOptions{})
//	var n int
//	err = ca.Call(ctx, &n, "Add", 1)
//	m, err := c.Map(ctx, "counter:alice/home/board", client.MapOptions{OnChange: func(ch client.MapChange) { … }})
//	ok, err := m.Get("total", &n)
//	d, err := c.Device(ctx, "lights:alice/home", "lamp", client.DeviceOptions{Commands: …})
//	t, err := c.Topic(ctx, "counter:forum/party", client.TopicOptions{OnMessage: func(msg client.TopicMessage) { … }})
//	k, err := c.Call(ctx, "counter:alice/home/room", client.CallOptions{OnSignal: func(payload []byte) { … }})
//
// # Guarantees
//
// A Client connects again by itself, for as long as it is not closed. A call that was cut is repeated with its identity, and the server
// takes care that it runs once; only where the server can't know any more does Call return session_expired. Calls of one CA are sent in
// the order in which they were made. Errors of Call are *Error, or those of ctx.
//
// # Maps
//
// A Map is a replica in memory. Reads cost no round trip. All maps that one transaction changed change here together, before any handler
// hears of it; a version never goes back within an epoch, and a content that comes in parts is shown when it is whole. After a cut a Map is
// stale and goes on from the version that it holds. A View stays as it is for as long as somebody keeps it. OnChange hears of every key
// that changed, but of versions between only as many as it is quick enough for. What is refused or revoked is erased.
//
// # Topics
//
// A Topic hears each message once, in the order of offsets; where some were lost, OnGap hears of it at that place. After a cut it goes on from
// where it was. A program that stores a message's Position with what it did goes on from there, with Since, when it starts again: messages
// behind it come first, as far as the server still has them. A Topic without Since begins where the Client's subscription is, which may be a
// little earlier than now if another Topic is just catching up.
//
// # Calls
//
// A Call is a member of a room, as far as the server and the room's members talk about media: offers, answers, who is there. It carries no media
// itself, and what is said is a matter of whoever uses it. After a cut it comes back with the latest Hello, if the server still knows it as the
// same member, which OnOpened tells before anything else is heard. Nothing that is said is repeated: Send tells when it can't be sent, and what was
// under way at a cut may be lost, either way, so that both ends say again what they have no answer to.
//
// # Clock
//
// Now is the server's time, and Clock tells by how much that may be wrong: see package clocksync. The Client pings for it, often at first, then as
// often as the jitter asks for. Setting the device's clock changes nothing, but since a sleep looks the same, nothing is known then until the
// server has answered.
//
// # Devices
//
// A Device is this program as a device of a CA: it runs Timed Bundles (package bundle) at their instants by its estimate of the server's clock, with
// or without a connection, follows desired values, and reports its own. What became of each bundle is kept until the CA has it: up to 1,000 outcomes,
// and of each reported value the latest. An error or a panic of a handler is told and, of a command, reported; the device goes on. On a machine with
// nothing else to do commands begin within a few µs of their instants, for the last 1.5 ms before one are waited through awake.
//
// A report that is refused for what it says loses the values in it, which OnError is told, and no outcome.
//
// A device ends with conflict when another one of its name takes over, with unauthenticated when its token is not valid any more, and with
// what its maps or reports are refused for. What it ran is known as long as it lives: a program that is started anew, before an outcome
// was reported, may run a bundle again that is allowed to run late.
//
// # Goroutines and locks
//
// A connection has one goroutine that reads and one that writes; handlers run on one goroutine of the Client, in order. A Device
// has one of its own for its handlers, one that hears of bundles while others' handlers are busy, and one that reports. Close ends and awaits
// them all, so handlers must not call Close. Client.mu guards the link, the machines of maps, topics and calls, and Calls; CA.mu, Map.mu and Topic.mu, each after it, what waits for handlers; Device.mu what has arrived and what is
// to be reported. Client.mu and Device.mu are not taken under each other, and none is held across I/O or a handler.
//
// # Limits
//
// Notes wait for a slow handler up to 1,024 a CA, then the oldest are dropped and counted. Messages wait up to 1,024 a Topic and 16 MiB, then the
// oldest are lost and OnGap hears of it. What a room says waits up to 4,096 signals and 16 MiB a Call, then the Call ends with overloaded.
// Requests: see package link.
package client
