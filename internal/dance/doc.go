// Package dance is how two people's clouds that never met come to hold a channel into each other, and how they part: the messages in both of their tongues, and each side's
// state machine, as values.
//
// # The dance
//
// The asker makes a back channel and raises a Request on the other's doorbell. The other approves, makes a channel for the asker and raises a Confirm with it on the back
// channel; or a Refuse. Either may end it: before the confirm the asker by a Withdraw on the doorbell, with the back channel as proof, afterwards both by a Remove on the other's channel.
//
//	asker      Pending ─ Confirm taken ─▶ Established ──▶ Ended
//	approver   Waiting ─ approved ─▶ Confirming ─ Confirm answered, or the new channel used ─▶ Established ──▶ Ended
//
// # How it is driven
//
// Whoever drives keeps a book of Records by their IDs, one book for each owner of channels, and runs every input in one transaction: read the record, call its method, write
// the Step's Record, close our channel if it says so, and store what is to be sent. The step is durable as a whole or has not happened; only then anything is sent, at
// least once, and each Send brings one outcome back by Record.Sent. What is stopped may bring one, too.
//
//   - We ask: make a channel that allows nothing but Confirm and Refuse, then Begin.
//   - A message arrives: Parse; if its record is not in the book, a Request on the doorbell is Asked and everything else is Unknown. If it is, Record.Take, with the name of the channel on which it came.
//   - Another event comes on the channel of a subscription: Record.Used. Our own event to the peer finds no channel any more: Record.Lost.
//   - The owner decides: Record.Approve (make the channel first, if the state is Waiting), Record.Decline, Record.Finish.
//   - At the instant that Record.Wake names: Record.Tick. It comes after every step anew.
//   - The book is given up with all that is in it: Record.Farewell, of each.
//
// In each message that is sent, ECI and Host are to be set to our channel's (Record.Channel) and our server's, just before sending: a Record does not know its own ECI.
// A Withdraw is void without it, and may be sent again long after the channel was closed. Host stays empty where both sides live on one server. A Request's Vouch is set there, too.
// When a step's Record becomes Established, what our channel allows may be widened to what its owner chose; until then the asker's takes Confirm, Refuse and Remove only.
// Events of our own are for an Established peer: one who still waits for our confirm refuses them.
// Instants are int64 µs since 1970 (UTC), and never go back within a book.
//
// # What is guaranteed
//
// Whatever is lost, doubled or overtaken: once messages pass again, both are Established or both are Ended, and until then the approver says Confirming. Afterwards every
// repetition changes nothing. testdata/machine.txt tells what every input comes to in every state.
//
// What does not come by the one channel that the peer alone was told changes nothing, and is answered like what nobody ever heard of. The one thing that strangers learn on
// the doorbell is that an id is in use, which they would have to guess.
//
// Whatever must arrive is sent until it is answered: what has been given up is sent again after a while that doubles from a minute up to a day. A Request rests when it expires. A
// Confirm never does: only its owner, or a final answer, ends it. Farewells rest after Patience: a peer who comes back later learns at its first event. A Record that has ended stays
// for Tombstone, so that late repetitions find it.
//
// # Crossings
//
// An approver who ends while it confirms does not know whether the asker is pending or established, so it sends both a Remove and a Refuse: today's engines heed only the one that fits. Here
// either is final in both states, whichever comes first. A withdrawal that overtakes its request is not remembered: the request lies in the inbox, and if it is approved, the confirm finds no
// channel. A request that asks its own cloud is refused, for its id is in use. Two who ask each other have two subscriptions.
//
// A Confirm's attributes other than its id and channel are not heeded, not even a host: engines send back what they were sent, and that would be our own.
//
// # Limits
//
// In bytes: an ID has MaxID, a host MaxHost, an ECI sky.MaxECI; names, roles and reasons MaxText, what explains a request MaxLong. A request waits for Within unless said otherwise. How many records
// a book has is its owner's business.
//
// The package is pure: no I/O, no goroutine, no lock, no clock.
package dance
