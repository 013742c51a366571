// Package pebblestore is a store.Store in one folder of one process, on Pebble.
//
// # Way of a commit
//
// Commit compares revisions, encodes what it accepts as one record of the log, syncs the log, and applies the record to the memtable. A memtable keeps the newest value of each key. When one takes 32 MiB of memory, or
// its file of the log as much, the next one is begun with a new file; the one before is frozen, written to Pebble as one batch, flushed to tables, and forgotten together with its file of the log. CAs that are busy
// write the same few keys again and again, and only the last of those values ever reaches Pebble, whose own memtable would keep them all. Its own log is off.
//
// Reads look into the memtables, newest first, and below them into Pebble.
//
// # Layout
//
// A file WAB-STORE holds "wab store VERSION", with " new" behind it until the store is complete, and a line "log NUMBER": the newest file of the log, unless the store was closed before it held anything.
// It is read before Pebble touches anything. The folder log holds the log: files that Pebble's package wal writes, with records as record.go describes them. The rest of the folder is Pebble's. Keys there, numbers big-endian:
//
//	m f                            "wab" and the version, uint32
//	m s                            uint64: the newest revision, as far as tables tell
//	m l                            uint64: the first file of the log that is not in tables; those before it are not looked at
//	c NAME 00                      head: revision uint64, due time int64 in µs (0 never)
//	c NAME 01 KEY                  a side key with its value
//	d TIME NAME                    a CA that is due; TIME is the due time as uint64 with the sign bit flipped
//
// Names are printable ASCII, so 00 and 01 end them, and [c NAME 00, c NAME 02) is all of a CA: one iterator loads it, one range delete
// destroys it. A due key is set once and removed once, by SingleDelete, so both vanish when they meet and the index is as
// long as what is due, whatever has been due before.
//
// Version 1 had no log of its own, and all in Pebble's. A store of version 1 becomes one of version 2 when it is opened.
//
// # Guarantees
//
// Those of package store. A Commit is one record of the log, or several where it exceeds 4 MiB, each with one sync; one Commit runs at a time. Revisions count up in the order of the log, through restarts. Compare-and-set reads
// nothing for CAs whose heads are remembered (65,536 of the latest, at least); the memory is only a copy, and changes with the record.
//
// A record is applied once it is durable, so readers see nothing else and wait for nobody. What they see is one instant: the memtables' part is copied under the lock under which Pebble's iterator is made.
//
// A frozen memtable, the newest revision and the number of the first file of the log that it does not cover are one batch of Pebble's: a crash finds all of it in tables, or none.
//
// # Failures
//
// An error of the log, of a flush, a compaction or a manifest, a panic of Pebble's, or a head that can't be read makes the store fail:
// Fatal is called once (default store.Exit), every later call returns the error, nothing is written any more, and Close leaves Pebble alone, if it wasn't Close that failed. A Fatal that returns is
// for tests; it must not call the store. A damaged block fails the Loads that need it, and the process once a commit or a compaction does.
//
// # What a crash may leave
//
// After kill -9 or a power cut: each acknowledged commit as a whole; each one under way as a whole or not at all, its due entry with it;
// a store half made, which the next Open completes; files of the log that are of no use, which it removes. Nothing needs repair: Open writes what the log holds to tables. Damage is told from a power
// cut's torn ends and refused with ErrCorrupt; the attempt costs nothing that was there. Damage in the very last record of the log or the
// manifest is the exception: it looks like a torn end. Each commit takes one revision, so that commits that are missing between others are missed, too, as when a folder is copied while it is written, and WAB-STORE tells when
// the newest file of the log is gone. What can't be told is that the end of that file is cut off.
//
// # Locks
//
// commitMu is held while a Commit runs, its sync included, and where a memtable is full while the one before is still being written. Readers never take it. tables.mu is taken under it, or alone: to apply a record, and by
// readers to copy what the memtables have of what they ask for and to make Pebble's iterator; only DueBefore and CAs go over more than one CA there. gate.mu is a leaf and is taken under none.
//
// # Limits and numbers
//
// Those of package store. Memory: two memtables of 32 MiB and what one is encoded to while it is written, 64 MiB of cached blocks, all only as
// they are needed. Files of the log: up to four of 32 MiB (and a record), with two that are kept to be written again: a crash leaves two to replay. One process at a time.
//
// On 2 cores, as a ratio to goroutines that each commit on bare Pebble with the same keys and bytes (100 bytes of state): 2.1 with 64
// CAs that commit again and again, and 7.8 with 1,024 (BenchmarkCommitter). A commit of three new keys of a CA that was never seen before takes as much processor time as it takes without memtables of our own, 20 µs;
// most of it is looking for a head that isn't there, and compactions. A million CAs with nothing due open in 0.005 s after a Close (BenchmarkOpen1M); a crash leaves up to 64 MiB of log to write to tables.
package pebblestore
