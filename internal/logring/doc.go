// Package logring writes to a file and syncs it without a thread that waits: on Linux, through io_uring.
//
// # Why
//
// A goroutine in a blocking fdatasync looks to Go's scheduler like one that may take its processor along: the runtime's monitor thread
// wakes every 20 µs to look after it, which was a tenth of all CPU of a server under load. Here the goroutine parks as it would for a
// socket. The kernel gets write and sync as one chain, in one system call that never blocks, and rings an eventfd that lies in Go's
// poller when the chain is done. The monitor sleeps only if nothing else keeps it awake: by itself a chain costs the kernel a little more than
// the two calls would, since a thread of its own carries it out.
//
// # Guarantees
//
// When WriteSync returns nil, all bytes are in the file at their place, and they and whatever was written before are on the disk, as
// after pwrite and fdatasync. Writes that end short are gone on with. The sync runs only once the write in front of it has succeeded as a
// whole; what is reported is the write's error, not that the sync was called off. A sync that has failed is never repeated: after it
// nobody knows what is on the disk (https://wiki.postgresql.org/wiki/Fsync_Errors).
//
// A process that is killed keeps its files, and the locks on them, until the chain under way has ended: who opens them next finds
// nobody writing.
//
// ErrRefused means that the kernel didn't carry the chain out, for want of memory or because the thread that had handed it over ended.
// Some of the bytes may be in the file. Neither they nor their sync have failed: the caller makes both by other means.
//
// # Memory
//
// The kernel reads the caller's bytes while the goroutine is parked. Ring.held keeps them until the chain is done: they are reachable by it,
// and as they escape to it the compiler puts them on Go's heap, which doesn't move things as a growing stack does. Heads and tails of the
// queues are shared with the kernel; each side publishes its own by an atomic store (https://kernel.dk/io_uring.pdf, section 4).
//
// # When there is none
//
// New tells why there is no ring: another system, a kernel before 5.17 (IOSQE_CQE_SKIP_SUCCESS), the sysctl kernel.io_uring_disabled,
// a container whose seccomp profile refuses it, or a first chain, to a file in memory, that doesn't come back as it should.
//
// # Locks and limits
//
// Ring.mu is held while a chain is under way, since there is one at a time: that is what it is for, and nothing else is locked under it.
// Close waits for the chain. A ring costs two file descriptors, closed on exec, and three pages; the kernel runs chains on threads of its own. It is
// for regular files.
package logring
