package logring

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// entries is how long a chain can be: a write and its sync.
const entries = 2

var errTooOld = errors.New("the kernel's io_uring is too old")

// Ring carries out one chain at a time. Its methods may be called from several goroutines.
type Ring struct {
	enter func(fd int, count uint32) (took uint32, err error)
	fd    int
	queue
	bell *os.File        // the eventfd
	wait syscall.RawConn // on the bell
	look func(fd uintptr) bool

	mu    sync.Mutex // guards what follows, and the queue: held while a chain is under way
	chain uint64     // the number of the latest, by which its completions are told from those of others
	held  []byte     // what the kernel reads
	done  cqe        // how the latest ended
	err   error      // no chain will be carried out any more
}

// queue is the memory shared with the kernel.
type queue struct {
	rings, slots   []byte // mapped
	sqTail         *uint32
	cqHead, cqTail *uint32
	sqes           []sqe // as many as a power of two, and so are the cqes
	cqes           []cqe
}

// New makes a ring and tries it out, or tells why there is none here.
func New() (*Ring, error) { return open(system) }

func open(k kernel) (r *Ring, err error) {
	var p params
	fd, err := k.setup(entries, &p)
	if err != nil {
		return nil, os.NewSyscallError("io_uring_setup", err)
	}
	r = &Ring{enter: k.enter, fd: fd}
	r.look = r.collect
	defer func() {
		if err != nil {
			r, err = nil, errors.Join(err, r.release())
		}
	}()
	if need := uint32(featSingleMmap | featCQESkip); p.features&need != need {
		return r, errTooOld
	}
	if err := r.share(r.fd, &p); err != nil {
		return r, os.NewSyscallError("mmap", err)
	}
	if err := r.hangBell(); err != nil {
		return r, err
	}
	return r, r.try(k.trial)
}

// share maps the queues.
func (q *queue) share(fd int, p *params) (err error) {
	size := max(p.sq.array+p.sqEntries*uint32(unsafe.Sizeof(uint32(0))), p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	if q.rings, err = mapped(fd, offRings, int(size)); err != nil {
		return err
	}
	if q.slots, err = mapped(fd, offSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{}))); err != nil {
		return err
	}
	q.sqTail = number(q.rings, p.sq.tail)
	q.cqHead, q.cqTail = number(q.rings, p.cq.head), number(q.rings, p.cq.tail)
	q.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&q.slots[0])), p.sqEntries)
	q.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&q.rings[p.cq.cqes])), p.cqEntries)
	order := unsafe.Slice(number(q.rings, p.sq.array), p.sqEntries)
	for i := range order { // entries are always used in their order
		order[i] = uint32(i)
	}
	return nil
}

func mapped(fd int, offset int64, size int) ([]byte, error) {
	return unix.Mmap(fd, offset, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
}

func number(b []byte, at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&b[at])) }

// hangBell puts an eventfd into Go's poller, for the kernel to ring at each completion.
func (r *Ring) hangBell() error {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	r.bell = os.NewFile(uintptr(fd), "eventfd")
	if r.wait, err = r.bell.SyscallConn(); err != nil {
		return err
	}
	return os.NewSyscallError("io_uring_register", register(r.fd, int32(fd)))
}

// Close waits for the chain under way and ends the ring. A second Close does nothing.
func (r *Ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == ErrClosed {
		return nil
	}
	r.err = ErrClosed
	return r.release()
}

func (r *Ring) release() (err error) {
	if r.bell != nil {
		err = r.bell.Close()
	}
	for _, m := range [][]byte{r.slots, r.rings} {
		if m != nil {
			err = errors.Join(err, unix.Munmap(m))
		}
	}
	return errors.Join(err, unix.Close(r.fd))
}
