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
//
// In each message that is sent, ECI and Host are to be set to our channel's (Record.Channel) and our server's, just before sending: a Record does not know its own ECI.
// Host stays empty where both sides live on one server. A Request's Vouch is set there, too.
// After Begin and whenever a step's Record becomes Established, what our channel allows may be widened to what its owner chose; until then the asker's takes Confirm and Refuse only.
// Instants are int64 µs since 1970 (UTC), and never go back within a book.
//
// # What is guaranteed
//
// Whatever is lost, doubled or overtaken: once messages pass again, both are Established or both are Ended, and until then the approver says Confirming. Afterwards every repetition changes
// nothing. What does not come by the one channel that the peer alone was told changes nothing, and is answered like what nobody ever heard of.
//
// Whatever must arrive is sent until it is answered: what has been given up is sent again after a while that doubles up to a day. A Request rests when it expires. A Confirm never does: only its
// owner, or a final answer, ends it. Farewells rest after Patience. A Record that has ended stays for Tombstone, so that late repetitions find it.
//
// The package is pure: no I/O, no goroutine, no lock, no clock.
package dance
