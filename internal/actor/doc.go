// Package actor runs Cloud Assistants (CAs): permanent, transactional actors that cost memory only while they have something to do.
//
// # A message is a transaction
//
// A CA handles one message at a time. Its method runs on a worker's goroutine with a Tx. When it returns without an error, everything it changed,
// the app's state, messages to others, timers and whatever features add, joins the CA's next commit; when it fails, panics or overruns its deadline, everything is
// taken back to where it was before the message. The state is encoded once a message: the bytes are compared with the last ones, written if they differ, and kept
// to roll the next message back to. Features take part through Part, the runtime's own (outbox, inbox, timers) no less than others.
//
// # Joined commits
//
// At most one commit of a CA is in flight. Messages handled meanwhile join the next one, so a busy CA is not bound to one fsync a message. Nothing leaves before the
// commit of everything it may show: replies of methods that changed nothing, errors and refusals wait in the same line. A commit without writes ends at once.
//
// # Messages between CAs
//
// A transaction's sends are written with it (outbox) and delivered after its commit, again when the server starts, in order, for up to seven days. The receiver commits a
// receipt with each message, also with one that was refused or failed, and knows a repetition by it (inbox): exactly once in effect. Answers and failures travel
// back in the same way. To a post its receiver says: settled, settled and an answer follows, come again, or never; only what it settled has a receipt, and
// what it never took is answered in its stead.
//
// Receipts expire, and outlive their CA. Expired ones are removed about once a day while the CA is in memory, and else on one wake-up 8 days after the first: until then
// they cost disk. What a destroyed CA leaves of them is found by the next one of its name, and goes 8 days after the end.
//
// A CA that is destroyed takes no messages from then on and is removed once those it sent before have arrived; it waits for no answers.
//
// # Turns
//
// A CA with messages gets turns of up to 32; turns go round between owners, then between an owner's CAs. The number of workers is bounded by the processors;
// a worker whose method blocks is replaced after 20 ms, so one CA does not hold others up, and one that is slow is reported after a second. Past its
// deadline a method loses its Tx and its instance: the CA goes on in a fresh one. Go can't stop the method itself. Two that are stuck make the CA unavailable.
// Timers and the parts' own work take turns with messages.
//
// # Mailboxes
//
// Within one CA, turns go round between senders, message by message; senders are told apart by their owners, and the messages of each keep their order. One that is
// alone is served first come, first served, and may fill the mailbox. A full one is shared: half is the CA's owner's, the rest belongs to the other senders in equal
// parts. Who stays within its share is let in; the newest message of whoever has most beyond its own is pushed out and told that the CA is overloaded, on a
// goroutine of the runtime's. A post that is pushed out comes again like one that was refused. A post whose sender has no more to claim takes the place of that
// sender's newest request, so that no flood of requests keeps it out. Notices that a CA has for itself take a turn as a sender of their own, and no place.
//
// # Limits
//
// MaxState for the state, MaxTx for what one transaction adds besides, MaxAnswer for a result that goes to another CA: together they stay below what a store takes
// in one write. MaxWaiting and MaxWaitingBytes for the mailbox, MaxOutbox and MaxOutboxBytes for what is on its way, MaxTimers. Features spend from MaxTx (Tx.Spend).
//
// # Locks
//
// Tx.mu, then CA.mu, then scheduler.mu or wakes.mu; shard.mu comes before shedder.mu; births.mu, watch.mu, sweeper.mu, shedder.mu and refusals.mu are leaves, and none is held across I/O or app code, but for Tx.mu
// during a Tx's own call. What CA declares as the turn's belongs to the worker that has it; turns are handed over under CA.mu. Effects run without locks:
// on the committer's finisher goroutine, or on the worker for a commit without writes. So do the replies of what is pushed out of a mailbox, on refusals' goroutine.
package actor
