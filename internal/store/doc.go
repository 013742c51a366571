// Package store keeps the checkpointed state of Cloud Assistants: what a Store promises, and the Committer that feeds it.
// Backends are packages of their own, named by what they depend on; storetest holds them all to the same promises.
//
// # Guarantees of a Store
//
// A Write is atomic and durable when Commit returns for it (CA-3). It is made only if the CA's head still bears the revision it
// expects (CA-5); a revision is never used twice, not even by a CA that was destroyed and made again. Writes of one Commit are
// independent: a refused one changes nothing for the others. Load shows one instant. Readers see what is durable only: nothing that
// they have shown is lost in a crash.
//
// # Committer
//
// Submit queues and never blocks. One goroutine takes all that waits and commits it in batches; another calls the dones, in the order
// of submission among those of an owner, so that effects leave while the next batch is on its way to the disk. Nothing limits the queue but
// the rule that a CA has at most one write in flight; but an owner has a share of each batch (half of its writes, a quarter of its bytes), and when not all that
// waits fits, owners take turns: whoever comes with one small write finds a place in the next batch, whatever others have waiting (CA-9). A slow done holds the next
// batches up, after one that waits.
// An outcome that the store doesn't know ends the process; nothing is acknowledged afterwards.
//
// Locks: Committer.mu guards the queues; it is held neither during Commit nor during a done, and no other lock is taken under it.
//
// # Limits
//
// MaxWrite, MaxKey and MaxName, checked by every backend before anything else, for each write by itself.
package store
