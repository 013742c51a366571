// Package bus is the trusted bus: it carries every message with its authenticated sender to the receiver's mailbox, and keeps the receiver's policy.
//
// # Senders
//
// A client's request bears the owner that its token was verified for, in the receiver's app; a CA's message bears that CA's name, set by the runtime. Nothing that
// app code or a client gives can change it, or reach a handler: requests are of kind Call.
//
// # Policy
//
// The Gate asks the token's scope and the receiver's rules on arrival, where they alone are certain to refuse and no receipt can speak against it, and
// decisively as the message is taken from the mailbox. On arrival only rules that are durable count; they are shown before the reply of the transaction that
// made them. Without rules only the CA's own owner is let in, of the same app and server. Rules change with their transaction, and are taken back with it.
//
// # Groups and maps
//
// What rules say of groups is asked of Groups, which answers from what this process holds. Asking to read a map is a message like any other, by the map's label; it is
// decided and counted, and nothing is run. What goes on from there without messages, subscriptions for instance, asks Standing when RulesChanged says so, or a
// group has changed: from the durable rules, out of the CA's turn, so that CAs that read each other don't wait for each other. One decision looks into
// policy.MaxGroups groups at most, those included on which the right to look rests.
//
// # Ledger
//
// Every principal has a row: first, last, accepted, denied, changes. Changes are written with what they changed. Reads and refusals are counted in memory, written
// together after 10 s and when the server drains; a crash loses at most those. What could not be decided counts as neither.
//
// # Receipts
//
// A request with a key that changed something leaves a receipt in the same commit; one that is sent again gets the same reply and is not run. Those of a
// session lie in slots, used again once their replies were seen, at most MaxUnseen; those of Idempotency-Keys in a ring of KeysPerCaller. They count for
// a day, also when their CA is destroyed and made anew meanwhile; package actor removes them some time later. Requests that fail or change nothing leave
// none: running them again does no harm. Who sends such a request again hears of it also where policy has come to refuse it: it may have taken the right itself.
//
// A caller whose keys come one after the other has its ring in memory, 16 bytes a key, for up to four callers of a CA: a key that is new is known to be new without a look at the store.
//
// # Locks
//
// strangers.mu is a leaf. All else belongs to the turn of its CA, but for Standing, which reads what is published or stored.
package bus
