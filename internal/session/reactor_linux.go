package session

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// perReader is how many sockets wait for each goroutine that reads before another one helps, and how many are read before events are fetched again.
const perReader = 16

// stall is how long one read may keep the goroutine that would fetch events before another one takes its place.
const stall = time.Millisecond

// fetched is how many events are fetched at once.
const fetched = 128

// A reactor reads all sockets of a server. It has an epoll of its own, which Go's poller watches as one file. Of the goroutines that read, the one that finds
// nothing left to read fetches events, waits for some where there are none, and reads what they tell of itself: so one request in flight wakes one goroutine, and a burst as many as it
// takes, at most one for each processor, and more only in the place of those whose handlers don't return. While nothing comes, one goroutine waits for all sockets.
//
// Events come once for each change (edge-triggered): what is known to be at hand, or to wait for its owner's turn, is not told again and again, and no system call is needed to silence it.
// They are hints: one that comes late, for a socket that has the number of another one by then, costs a read that finds nothing.
type reactor struct {
	epoll *os.File
	raw   syscall.RawConn
	done  sync.WaitGroup // its goroutines, and the guard

	events [fetched]syscall.EpollEvent // theirs who fetches
	n      int
	polls  int                     // it took
	poll   func(epfd uintptr) bool // made once: a closure for each call would be garbage

	mu       sync.Mutex
	sockets  []*socket      // by file descriptor
	queue    queue[*socket] // those that have something to read
	running  int            // goroutines
	fetching bool           // one of them fetches,
	wait     bool           // and waits where there are none
	since    int            // reads since events were fetched
	reads    uint64         // begun
	guard    *time.Timer
	guarded  bool   // the guard is set
	seen     uint64 // reads, when the guard looked
	closed   bool
}

func newReactor() (*reactor, error) {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(epfd, true); err != nil { // files that block are not for Go's poller
		syscall.Close(epfd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	r := &reactor{epoll: os.NewFile(uintptr(epfd), "epoll"), running: 1}
	if r.raw, err = r.epoll.SyscallConn(); err == nil {
		err = r.epoll.SetReadDeadline(time.Time{}) // fails where Go's poller does not have it
	}
	if err != nil {
		r.epoll.Close()
		return nil, err
	}
	r.poll = func(epfd uintptr) bool {
		r.polls++
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, epfd, uintptr(unsafe.Pointer(&r.events)), fetched, 0, 0, 0)
		if r.n = int(n); errno != 0 {
			r.n = 0
		}
		return r.n > 0 || !r.wait || errno == syscall.EINTR
	}
	r.guard = time.AfterFunc(time.Hour, r.look)
	r.guard.Stop()
	r.done.Add(1)
	go r.run()
	return r, nil
}

// close ends the goroutines, and waits for them. No socket is left.
func (r *reactor) close() {
	r.mu.Lock()
	r.closed = true
	if r.guarded && r.guard.Stop() {
		r.guarded = false
		r.done.Done()
	}
	r.mu.Unlock()
	r.epoll.Close()
	r.done.Wait()
}

// add has a socket's events told. Its first reader calls it.
func (r *reactor) add(s *socket) error {
	r.mu.Lock()
	for len(r.sockets) <= s.fd {
		r.sockets = append(r.sockets, nil)
	}
	r.sockets[s.fd] = s
	r.mu.Unlock()
	// Room is told only after there was none: so to be told of it costs nothing while there is.
	return r.control(syscall.EPOLL_CTL_ADD, s.fd, &syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLPRI | syscall.EPOLLRDHUP | syscall.EPOLLOUT | edgeTriggered, Fd: int32(s.fd),
	})
}

const edgeTriggered = 1 << 31 // syscall.EPOLLET is negative

// remove forgets a socket.
func (r *reactor) remove(s *socket) {
	_ = r.control(syscall.EPOLL_CTL_DEL, s.fd, &syscall.EpollEvent{}) // a process that is being started may still have it: closing would not do
	r.mu.Lock()
	defer r.mu.Unlock()
	s.state = left
	if s.fd < len(r.sockets) {
		r.sockets[s.fd] = nil
	}
}

func (r *reactor) control(op, fd int, ev *syscall.EpollEvent) (err error) {
	if e := r.raw.Control(func(epfd uintptr) { err = syscall.EpollCtl(int(epfd), op, fd, ev) }); e != nil {
		return e
	}
	return os.NewSyscallError("epoll_ctl", err)
}

func (r *reactor) run() {
	defer r.done.Done()
	buf := readBuffers.Get().(*[readBuffer]byte)
	defer readBuffers.Put(buf)
	for {
		s, goOn := r.next()
		var busy bool
		if s != nil {
			busy = s.read(buf[:])
		} else if goOn {
			busy, goOn = r.fetch()
		}
		if !goOn {
			return
		}
		if busy {
			runtime.Gosched() // answers, above all, have to be written while they are asked for
		}
	}
}

// next takes the socket whose turn it is. Where there is none, the caller is to fetch events, or to end, because somebody else does. Now and then events are to be fetched though
// there is one: sockets that never run dry must not hide others.
func (r *reactor) next() (s *socket, goOn bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	dry := r.queue.len() == 0
	switch {
	case !r.fetching && (dry || r.since >= perReader):
		r.fetching, r.wait, r.since = true, dry, 0
		r.queue.shrink()
		return nil, true
	case dry:
		r.running--
		return nil, false
	}
	s, _ = r.queue.pop()
	s.state = reading
	s.toEnd, s.ends = s.ends, false
	r.since++
	r.reads++
	if !r.fetching || r.queue.len() > 0 {
		r.setGuard()
	}
	return s, true
}

// fetch waits for events, if it is to. It tells whether there were some without waiting, so that readers may keep others from the processors, and reports false when there will be none.
func (r *reactor) fetch() (busy, goOn bool) {
	r.polls = 0
	err := r.raw.Read(r.poll)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetching = false
	if err != nil {
		r.running--
		return false, false
	}
	for i := range r.n {
		r.note(&r.events[i])
	}
	return r.polls == 1, true
}

// note is called with mu held.
func (r *reactor) note(e *syscall.EpollEvent) {
	s := r.sockets[e.Fd]
	if s == nil {
		return
	}
	s.signalRoom() // or the end, which a writer finds by trying
	if told := e.Events &^ syscall.EPOLLOUT; told != 0 {
		s.ends = s.ends || told != syscall.EPOLLIN
		r.ready(s)
	}
}

// ready has a socket read. It is called with mu held.
func (r *reactor) ready(s *socket) {
	switch s.state {
	case reading:
		s.again = true
	case quiet:
		r.enqueue(s)
	}
}

// enqueue is called with mu held. What is not told by an event, a turn for instance, is nothing to who waits for events: the readers have to come for it, or the guard sends another one.
func (r *reactor) enqueue(s *socket) {
	s.state = queued
	r.queue.push(s)
	readers := r.running
	if r.fetching {
		readers--
	}
	if r.queue.len() > readers*perReader && readers < runtime.GOMAXPROCS(0) {
		r.start()
	} else if r.fetching {
		r.setGuard()
	}
}

// start is called with mu held.
func (r *reactor) start() {
	r.running++
	r.done.Add(1)
	go r.run()
}

// setGuard is called with mu held.
func (r *reactor) setGuard() {
	if r.guarded {
		return
	}
	r.guarded, r.seen = true, r.reads
	r.done.Add(1)
	r.guard.Reset(stall)
}

// look is the guard's: where nobody sees to what comes, and no read has begun since the last look, handlers are in somebody's way, and another goroutine takes over.
func (r *reactor) look() {
	defer r.done.Done()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.guarded = false
	if r.closed || r.fetching && r.queue.len() == 0 {
		return
	}
	if r.reads == r.seen {
		r.start()
	}
	r.setGuard()
}
