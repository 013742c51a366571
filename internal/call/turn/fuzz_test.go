package turn

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v4"

	"github.com/wabgo/wab/internal/clock"
)

// pipeConn is a UDP port without a network: it reads what is put in, and counts what is written.
type pipeConn struct {
	in, read chan []byte
	done     chan struct{}
	once     sync.Once
}

func newPipeConn() *pipeConn {
	return &pipeConn{in: make(chan []byte), read: make(chan []byte), done: make(chan struct{})}
}

// put has the server read a datagram, and waits until it is back for more.
func (c *pipeConn) put(b []byte) {
	c.in <- b
	c.in <- nil // is read when the one before has been worked on
}

func (c *pipeConn) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-c.in:
		return copy(b, d), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, nil
	case <-c.done:
		return 0, nil, net.ErrClosed
	}
}

func (c *pipeConn) WriteTo(b []byte, _ net.Addr) (int, error) { return len(b), nil }
func (c *pipeConn) Close() error                              { c.once.Do(func() { close(c.done) }); return nil }
func (c *pipeConn) LocalAddr() net.Addr                       { return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (c *pipeConn) SetDeadline(time.Time) error               { return os.ErrNoDeadline }
func (c *pipeConn) SetReadDeadline(time.Time) error           { return os.ErrNoDeadline }
func (c *pipeConn) SetWriteDeadline(time.Time) error          { return os.ErrNoDeadline }

// Whatever comes from strangers, the server goes on, and opens no relay.
func FuzzDatagram(f *testing.F) {
	conn, fake := newPipeConn(), clock.NewFake(time.Unix(1_700_000_000, 0))
	s, err := New(Options{UDP: conn, Media: netip.MustParseAddrPort("127.0.0.1:3"), Log: quiet, Clock: fake})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	for _, method := range []stun.Method{
		stun.MethodBinding, stun.MethodAllocate, stun.MethodRefresh, stun.MethodSend, stun.MethodCreatePermission, stun.MethodChannelBind, stun.MethodConnect, stun.MethodConnectionBind,
	} {
		f.Add(stun.MustBuild(stun.TransactionID, stun.NewType(method, stun.ClassRequest), stun.NewUsername("1:a"), stun.NewRealm(Realm), stun.NewNonce("n")).Raw)
	}
	f.Add([]byte{0x40, 0, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		fake.Advance(time.Second) // so that every stranger is answered
		if conn.put(b[:min(len(b), 1500)]); s.Stats().Opened != 0 {
			t.Fatalf("%x opens a relay", b)
		}
	})
}

// A stream is read in whole messages, none longer than the relay takes, and no byte is lost or made up before the first that is none.
func FuzzStream(f *testing.F) {
	f.Add(stunHead(0), 3)
	f.Add(append(stunHead(4), 0, 0, 0, 0, 0x40, 0, 0, 1, 9, 0, 0, 0), 1)
	f.Add(stunHead(0xffec), 20)
	f.Fuzz(func(t *testing.T, b []byte, piece int) {
		if piece = 1 + (piece&0xff)%64; len(b) > 1<<14 {
			return
		}
		near, far := net.Pipe()
		g := newDoor(nil, DefaultLimits()).admit(patient{near})
		var writer sync.WaitGroup
		writer.Go(func() {
			for rest := b; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				if _, err := far.Write(rest[:min(piece, len(rest))]); err != nil {
					return
				}
			}
			_ = far.Close()
		})
		var got bytes.Buffer
		_, err := io.Copy(&got, struct{ io.Reader }{g})
		_ = g.Close()
		writer.Wait()
		if want := whole(b); !bytes.Equal(got.Bytes(), want) {
			t.Fatalf("%x is read of %x, not %x: %v", got.Bytes(), b, want, err)
		}
	})
}

// patient is a pipe without deadlines: those of net.Pipe fail once the other end is closed.
type patient struct{ net.Conn }

func (patient) SetReadDeadline(time.Time) error { return nil }

// whole is what begins a stream in whole messages.
func whole(b []byte) []byte {
	n := 0
	for len(b)-n >= 4 {
		size, ok := messageLen(b[n:])
		if !ok || len(b)-n < size {
			break
		}
		n += size
	}
	return b[:n]
}
