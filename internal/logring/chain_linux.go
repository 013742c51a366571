package logring

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// didSync is set in the user data of syncs, and not in that of writes. The number of the chain is above it.
const didSync = 1

var (
	errInterrupted = errors.New("a write was interrupted")
	errHalf        = errors.New("io_uring took half a chain")
)

// Write writes b at an offset of a file, without a sync. The caller keeps the file open meanwhile.
func (r *Ring) Write(fd uintptr, b []byte, at int64) error {
	if len(b) == 0 {
		return nil
	}
	return r.finish(fd, b, at, false)
}

// WriteSync writes b at an offset of a file, and then syncs all of the file's data. b may be empty. The caller keeps the file open
// meanwhile.
func (r *Ring) WriteSync(fd uintptr, b []byte, at int64) error { return r.finish(fd, b, at, true) }

// finish goes on where a write has ended short, like os.File.Write.
func (r *Ring) finish(fd uintptr, b []byte, at int64, sync bool) error {
	for {
		n, err := r.carryOut(fd, b, at, sync)
		switch {
		case err == errInterrupted:
		case err != nil:
			return err
		case n == len(b):
			return nil
		case n == 0:
			return io.ErrShortWrite
		}
		b, at = b[n:], at+int64(n)
	}
}

// carryOut runs a chain and tells how much it wrote; less than all without an error only where it has not synced.
func (r *Ring) carryOut(fd uintptr, b []byte, at int64, sync bool) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return 0, r.err
	}
	r.held = b
	if err := r.submit(r.stage(fd, b, at, sync)); err != nil {
		return 0, err
	}
	if err := r.wait.Read(r.look); err != nil {
		return 0, r.breakOff(err)
	}
	r.held = nil
	return r.done.outcome(len(b))
}

// breakOff ends a ring whose chain nobody sees the end of: as long as it is there it holds what the kernel may still read.
func (r *Ring) breakOff(err error) error {
	r.err = err
	return err
}

// stage puts a chain's entries into the queue. Each chain has exactly one completion: a write that something follows is silent unless
// it fails, and then what follows is.
func (r *Ring) stage(fd uintptr, b []byte, at int64, sync bool) (count uint32) {
	r.chain++
	if len(b) > 0 {
		write := sqe{op: opWrite, flags: sqeAsync, fd: int32(fd), off: uint64(at), len: uint32(len(b)), user: r.chain << 1}
		write.addr = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
		if sync {
			write.flags |= sqeLink | sqeSkipSuccess
		}
		r.put(count, write)
		count++
	}
	if sync {
		r.put(count, sqe{op: opFsync, flags: sqeAsync, fd: int32(fd), fsync: fsyncDatasync, user: r.chain<<1 | didSync})
		count++
	}
	return count
}

// put fills the i-th entry behind the tail. The kernel reads the tail only while it is entered.
func (r *Ring) put(i uint32, e sqe) {
	r.sqes[(*r.sqTail+i)&uint32(len(r.sqes)-1)] = e
}

// submit hands the entries behind the tail over.
func (r *Ring) submit(count uint32) error {
	tail := *r.sqTail
	atomic.StoreUint32(r.sqTail, tail+count)
	took, err := r.enter(r.fd, count)
	if took == count {
		return nil
	}
	if took > 0 { // a write of which nobody will hear
		return r.breakOff(errHalf)
	}
	atomic.StoreUint32(r.sqTail, tail)
	r.held = nil
	return fmt.Errorf("%w: %w", ErrRefused, os.NewSyscallError("io_uring_enter", err))
}

// collect takes what is complete and tells whether the chain is. The bell is silenced first: what completes later rings it again.
func (r *Ring) collect(bell uintptr) (done bool) {
	var rings [8]byte
	_, _, _ = syscall.RawSyscall(syscall.SYS_READ, bell, uintptr(unsafe.Pointer(&rings)), unsafe.Sizeof(rings))
	head := *r.cqHead
	for ; head != atomic.LoadUint32(r.cqTail); head++ {
		if c := r.cqes[head&uint32(len(r.cqes)-1)]; !done && c.user>>1 == r.chain {
			r.done, done = c, true
		}
	}
	atomic.StoreUint32(r.cqHead, head)
	return done
}

// outcome is what a chain's completion says of it; length is how much it was to write.
func (c cqe) outcome(length int) (n int, err error) {
	errno := syscall.Errno(-c.res)
	switch wrote := c.user&didSync == 0; {
	case c.res < 0 && errno == syscall.ECANCELED:
		return 0, fmt.Errorf("%w: %w", ErrRefused, errno)
	case wrote && c.res < 0 && errno == syscall.EINTR:
		return 0, errInterrupted
	case wrote && c.res < 0:
		return 0, os.NewSyscallError("write", errno)
	case wrote:
		return int(c.res), nil
	case c.res < 0:
		return 0, os.NewSyscallError("fdatasync", errno)
	}
	return length, nil
}
