package session

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

// SetWriteBuffer is that of net.TCPConn.
func (s *socket) SetWriteBuffer(bytes int) (err error) {
	if e := (rawSocket{s}).Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, bytes) }); e != nil {
		return e
	}
	return err
}

// ours is the socket that a connection is, which has to be the reactor's.
func ours(t *testing.T, c *Conn) *socket {
	t.Helper()
	s, ok := c.out.gate.ReadWriteCloser.(*socket)
	if !ok {
		t.Fatalf("the connection is a %T", c.out.gate.ReadWriteCloser)
	}
	return s
}

// openFiles are how many file descriptors this process has.
func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestASocketKeepsWhatIsSetOnIt: it does not block, no process inherits it, and the system finds out when the other side is no more.
func TestASocketKeepsWhatIsSetOnIt(t *testing.T) {
	s, web := socketServer(t, false)
	helloBare(t, web)
	if err := (rawSocket{ours(t, alone(t, s))}).Control(func(fd uintptr) {
		for option, level := range map[int]int{syscall.SO_KEEPALIVE: syscall.SOL_SOCKET, syscall.TCP_NODELAY: syscall.IPPROTO_TCP} {
			if on, err := syscall.GetsockoptInt(int(fd), level, option); on == 0 || err != nil {
				t.Errorf("option %d of level %d is %d, %v", option, level, on, err)
			}
		}
		if flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFL, 0); flags&syscall.O_NONBLOCK == 0 {
			t.Error("it blocks")
		}
		if flags, _, _ := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_GETFD, 0); flags&syscall.FD_CLOEXEC == 0 {
			t.Error("it is inherited")
		}
	}); err != nil {
		t.Error(err)
	}
}

// TestADescriptorIsNotUsedOnceAnotherConnectionHasIt: frames to connections that go, and questions about them, while others come that get their numbers.
func TestADescriptorIsNotUsedOnceAnotherConnectionHasIt(t *testing.T) {
	s, web := socketServer(t, false)
	const rounds = 100
	var senders sync.WaitGroup
	defer senders.Wait()
	for round := range rounds {
		owner := fmt.Sprint("owner", round)
		b := dialBare(t, web)
		b.write(sent(wire.Hello{Version: 1, Token: owner})...)
		b.expect(opBinary, wire.KindWelcome)
		s.mu.Lock()
		c := s.ofOwner(owner)[0]
		s.mu.Unlock()
		senders.Go(func() {
			for i := range 500 {
				c.Send(NewFrame(numbered(round, i, 100)))
				unsent(c.out.gate.ReadWriteCloser)
			}
		})
		for i := range 3 {
			if _, payload, err := frameOn(b.r); err != nil || int(binary.BigEndian.Uint32(payload)) != round || int(binary.BigEndian.Uint32(payload[4:])) != i {
				t.Fatalf("connection %d got %x as frame %d, %v", round, payload, i, err)
			}
		}
		if round%2 == 0 {
			c.out.gate.Close()
		} else {
			b.Conn.(*net.TCPConn).SetLinger(0)
		}
		b.Close()
	}
	gone(t, s)
}

// TestUsersOfADescriptorAreCounted: nobody gets it again after the last has given it back.
func TestUsersOfADescriptorAreCounted(t *testing.T) {
	near, _ := tcp(t)
	r, err := newReactor()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	s, err := takeSocket(r, near)
	if err != nil {
		t.Fatal(err)
	}
	if !s.acquire() {
		t.Fatal("it is closed")
	}
	s.abandon()
	if err := (rawSocket{s}).Control(func(fd uintptr) {
		if _, err := syscall.Getpeername(int(fd)); err == syscall.EBADF {
			t.Error("it was closed under a user")
		}
	}); err != nil {
		t.Error(err)
	}
	s.release()
	if err := (rawSocket{s}).Control(func(uintptr) { t.Error("it is used") }); err != net.ErrClosed {
		t.Error(err)
	}
	if _, err := s.Write([]byte("x")); err != net.ErrClosed {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestFramesComeWholeToASlowReader: the writer waits for room again and again.
func TestFramesComeWholeToASlowReader(t *testing.T) {
	s, b, c := narrow(t)
	ours(t, c)
	const senders, each = 4, 25
	var all sync.WaitGroup
	for who := range senders {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(who), 1))
			for i := range each {
				f := NewFrame(numbered(who, i, []int{8, 900, 5000, joinBytes, 90_000}[rnd.IntN(5)]))
				for !c.Send(f) {
					runtime.Gosched()
				}
			}
		})
	}
	r, seen := bufio.NewReaderSize(b.r, 512), order{}
	for range senders * each {
		_, payload, err := frameOn(r)
		if err != nil {
			t.Fatal(err)
		}
		seen.check(t, payload)
	}
	all.Wait()
	s.Close()
	if n := c.out.size(); n != 0 {
		t.Errorf("%d bytes are counted as waiting", n)
	}
}

func TestClosingEndsAWriterThatWaitsForRoom(t *testing.T) {
	for what, end := range map[string]func(*Server, *bare, *Conn){
		"close": func(_ *Server, _ *bare, c *Conn) { c.out.gate.Close() },
		"reset": func(_ *Server, b *bare, _ *Conn) { b.Conn.(*net.TCPConn).SetLinger(0); b.Close() },
		"end":   func(s *Server, _ *bare, _ *Conn) { s.Close() },
	} {
		t.Run(what, func(t *testing.T) {
			s, b, c := narrow(t)
			fill(t, c)
			until(t, "the writer waits", func() bool {
				s := ours(t, c)
				s.reactor.mu.Lock()
				defer s.reactor.mu.Unlock()
				return s.room != nil
			})
			end(s, b, c)
			gone(t, s)
			s.flush.done.Wait()
		})
	}
}
