package logring

import (
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What is shared with the kernel, as include/uapi/linux/io_uring.h lays it out and io_uring_setup(2) and io_uring_enter(2) tell of it.
// It is the same on all architectures; numbers are in the machine's byte order.

// sqe is struct io_uring_sqe: one thing to do.
type sqe struct {
	op     uint8
	flags  uint8
	ioprio uint16
	fd     int32
	off    uint64 // of a write, in the file
	addr   uint64 // of the bytes
	len    uint32
	fsync  uint32 // fsync_flags, in a union with those of other operations
	user   uint64 // user_data: comes back with the completion
	_      [3]uint64
}

// cqe is struct io_uring_cqe: one thing done.
type cqe struct {
	user  uint64
	res   int32 // as of the system call; a negative errno where it failed
	flags uint32
}

// params is struct io_uring_params. The kernel fills in all but flags.
type params struct {
	sqEntries, cqEntries uint32
	flags                uint32
	sqThreadCPU          uint32
	sqThreadIdle         uint32
	features             uint32
	wqFd                 uint32
	_                    [3]uint32
	sq                   sqOffsets
	cq                   cqOffsets
}

// sqOffsets is struct io_sqring_offsets: where things lie in what is mapped.
type sqOffsets struct {
	head, tail, mask, entries, flags, dropped, array, _ uint32
	_                                                   uint64
}

// cqOffsets is struct io_cqring_offsets.
type cqOffsets struct {
	head, tail, mask, entries, overflow, cqes, flags, _ uint32
	_                                                   uint64
}

const (
	opFsync = 3  // IORING_OP_FSYNC
	opWrite = 23 // IORING_OP_WRITE

	sqeLink        = 1 << 2 // IOSQE_IO_LINK: the next one begins when this one has succeeded
	sqeAsync       = 1 << 4 // IOSQE_ASYNC: always on the kernel's threads, so that submission doesn't block
	sqeSkipSuccess = 1 << 6 // IOSQE_CQE_SKIP_SUCCESS: completes silently unless it fails

	fsyncDatasync = 1 << 0 // IORING_FSYNC_DATASYNC

	featSingleMmap = 1 << 0  // IORING_FEAT_SINGLE_MMAP, Linux 5.4
	featCQESkip    = 1 << 11 // IORING_FEAT_CQE_SKIP, Linux 5.17: by then there are both operations, too

	offRings = 0          // IORING_OFF_SQ_RING
	offSQEs  = 0x10000000 // IORING_OFF_SQES

	registerEventfd = 4 // IORING_REGISTER_EVENTFD
)

// kernel is what tests may replace.
type kernel struct {
	setup func(entries uint32, p *params) (fd int, err error)
	enter func(fd int, count uint32) (took uint32, err error)
	trial time.Duration // how long the first chain may take
}

var system = kernel{setup, enter, trialTime}

// setup makes a ring. Its file descriptor is closed on exec.
func setup(entries uint32, p *params) (int, error) {
	fd, _, errno := syscall.RawSyscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(p)), 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// enter hands entries over. It doesn't wait, so the scheduler need not know of the call.
func enter(fd int, count uint32) (uint32, error) {
	for {
		took, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(count), 0, 0, 0, 0)
		switch errno {
		case 0:
			return uint32(took), nil
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

func register(ring int, eventfd int32) error {
	_, _, errno := syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(ring), registerEventfd, uintptr(unsafe.Pointer(&eventfd)), 1, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
