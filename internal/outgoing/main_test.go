package outgoing

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// loopback opens what test servers listen on.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

func client(t testing.TB, o Options) *Client {
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

func peer(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// raw is a peer that speaks as it likes; it ends with the test.
func raw(t testing.TB, speak func(net.Conn)) (url string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ended := make(chan struct{})
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				stop := context.AfterFunc(until(ended), func() { c.Close() })
				defer stop()
				speak(c)
			})
		}
	})
	t.Cleanup(func() {
		close(ended)
		l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String()
}

// until is a context that ends with a channel.
func until(ended <-chan struct{}) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-ended
		cancel()
	}()
	return ctx
}

// wants makes a call and checks the code of its error, "" for none.
func wants(t *testing.T, c *Client, call Call, code wire.Code) Answer {
	t.Helper()
	a, err := c.Do(context.Background(), "alice", call)
	got := wire.Code("")
	if err != nil {
		got = err.Code
	}
	if got != code {
		t.Errorf("%s: %v, want %q", call.URL, err, code)
	}
	return a
}

// names is a resolver for one name after the other: each question for a name's IPv4 addresses takes the next list.
type names struct {
	mu    sync.Mutex
	lists map[string][][]string
	asked int
}

func (n *names) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go n.serve(theirs)
		return ours, nil
	}}
}

// serve answers questions as DNS does over a stream (RFC 1035, 4.2.2).
func (n *names) serve(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, q); err != nil {
			return
		}
		a := n.answer(q)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...)); err != nil {
			return
		}
	}
}

func (n *names) answer(q []byte) []byte {
	end, name := 12, ""
	for q[end] != 0 {
		name += string(q[end+1:end+1+int(q[end])]) + "."
		end += 1 + int(q[end])
	}
	kind := binary.BigEndian.Uint16(q[end+1:])
	var records []byte
	count := 0
	for _, s := range n.next(name, kind) {
		if a := netip.MustParseAddr(s); a.Is4() == (kind == 1) {
			count++
			records = append(records, 0xc0, 12, 0, byte(kind), 0, 1, 0, 0, 0, 0, 0, byte(a.BitLen()/8))
			records = append(records, a.AsSlice()...)
		}
	}
	out := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, byte(count), 0, 0, 0, 0}, q[12:end+5]...)
	return append(out, records...)
}

func (n *names) next(name string, kind uint16) (list []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	lists := n.lists[name]
	if len(lists) == 0 {
		return nil
	}
	if list = lists[0]; kind == 1 && len(lists) > 1 {
		n.lists[name] = lists[1:]
	}
	n.asked++
	return list
}
