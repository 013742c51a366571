// Package pebblestore is a store.Store in one folder of one process, on Pebble.
//
// # Layout
//
// A file WAB-STORE holds "wab store VERSION", with " new" behind it until the store is complete. It is read before Pebble touches
// anything. The rest of the folder is Pebble's. Keys, numbers big-endian:
//
//	m f                            "wab" and the version, uint32
//	m s                            uint64: no revision above it has been handed out
//	c NAME 00                      head: revision uint64, due time int64 in µs (0 never)
//	c NAME 01 KEY                  a side key with its value
//	d TIME NAME                    a CA that is due; TIME is the due time as uint64 with the sign bit flipped
//
// Names are printable ASCII, so 00 and 01 end them, and [c NAME 00, c NAME 02) is all of a CA: one iterator loads it, one range delete
// destroys it. A due key is set once and removed once, by SingleDelete, so both vanish when they meet in a flush and the index is as
// long as what is due, whatever has been due before.
//
// # Guarantees
//
// Those of package store. A Commit is one batch of Pebble, or several where it exceeds 4 MiB, each with one synced log write; several
// Commits at a time share syncs. Revisions count up in the order of the log, through restarts: 2^32 are reserved at a time, with the
// commit that crosses the mark, and what a crash leaves of them is skipped. Compare-and-set reads nothing for CAs whose heads are
// remembered (65,536 of the latest, at least); the memory is only a copy, and changes with the batch.
//
// Pebble shows a batch before its sync. Readers here wait for the sync of what they have seen: Load and Get for their own CA's, DueBefore
// and CAs for all.
//
// # Failures
//
// An error of the log, of a flush, a compaction or a manifest, a panic of Pebble's, or a head that can't be read makes the store fail:
// Fatal is called once (default store.Exit), every later call returns the error, and Close leaves Pebble alone. A Fatal that returns is
// for tests; it must not call the store. A damaged block fails the Loads that need it, and the process once a commit or a compaction does.
//
// # What a crash may leave
//
// After kill -9 or a power cut: each acknowledged commit as a whole; each one under way as a whole or not at all, its due entry with it;
// revisions that nobody uses; a store half made, which the next Open completes. Nothing needs repair. Damage is told from a power
// cut's torn ends and refused with ErrCorrupt; the attempt costs nothing that was there. Damage in the very last record of a log or
// manifest is the exception: it looks like a torn end.
//
// # Locks
//
// commitMu is held while one Commit compares, encodes, and hands its batch to Pebble's log buffer and memtable, not while it syncs. A
// head that isn't remembered is read under it, and Pebble may hold it up while it changes logs or falls behind with flushes: that is the
// one place where a lock is held across I/O, since the order of commits is that of the log. Readers never take it. gate.mu and
// durable.mu are leaves: durable.mu may be taken under no lock but Pebble's own (a failure), gate.mu under none.
//
// # Limits and numbers
//
// Those of package store. Memory: up to 64 MB of memtables under load (they start at 256 KB), 64 MiB of cached blocks, both only as
// they are needed. One process at a time.
//
// On 2 cores, as a ratio to goroutines that each commit on bare Pebble with the same keys and bytes (100 bytes of state): 1.3 with 64
// commits in flight and 1.9 with 1,024. With other work crowding the same 2 cores, 0.65 to 4 and 2 to 3 (BenchmarkCommitter). A million
// CAs with nothing due open in 0.8 s right after they were written at full speed, with the log to replay; else in less than 0.05 s
// (BenchmarkOpen1M).
package pebblestore
