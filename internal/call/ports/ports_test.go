package ports

import (
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

func TestEachConnectionGoesToWhomItBelongs(t *testing.T) {
	l := listen(t)
	p := open(t, Options{Shared: l})
	serveHTTP(t, p.HTTP())
	for range 2 {
		a, b := dial(t, l), dial(t, l)
		write(t, a, framed(iceSTUN.Raw))
		write(t, b, allocate.Raw)
		accepted(t, p.MediaStreams(), a, framed(iceSTUN.Raw))
		accepted(t, p.RelayStreams(), b, allocate.Raw)
	}
	answer, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	if text, _ := io.ReadAll(answer.Body); string(text) != "here" {
		t.Errorf("%q", text)
	}
}

// Sessions write to the socket itself where it is one.
func TestHTTPsConnectionsAreHandedOnAsTheyAre(t *testing.T) {
	l := listen(t)
	p := open(t, Options{Shared: l})
	a := dial(t, l)
	write(t, a, request)
	conn := accepted(t, p.HTTP(), a, request)
	if _, ok := conn.(*net.TCPConn); !ok {
		t.Errorf("%T", conn)
	}
}

func TestBytesMayComeOneByOne(t *testing.T) {
	p := open(t, Options{TCP: "127.0.0.1:0"})
	a := dial(t, p.MediaStreams())
	all := framed(iceSTUN.Raw)
	for i := range all {
		write(t, a, all[i:i+1])
	}
	accepted(t, p.MediaStreams(), a, all)
}

func TestNobodysConnectionsAreClosed(t *testing.T) {
	p := open(t, Options{TCP: "127.0.0.1:0"})
	for _, b := range [][]byte{make([]byte, 10), request} { // HTTP is not served on a port for calls alone
		a := dial(t, p.MediaStreams())
		write(t, a, b)
		wantClosed(t, a)
	}
}

// The silent one holds up none of the others.
func TestSilentConnectionsHoldNobodyUp(t *testing.T) {
	l := listen(t)
	p := open(t, Options{Shared: l})
	silent, slow := dial(t, l), dial(t, l)
	write(t, slow, []byte{0})
	a := dial(t, l)
	write(t, a, request)
	accepted(t, p.HTTP(), a, request)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	wantClosed(t, silent)
	wantClosed(t, slow)
}

// deadlines notes the read deadlines of a connection.
type deadlines struct {
	net.Conn
	last time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.last = t
	return d.Conn.SetReadDeadline(t)
}

// A connection that has just come when the port is closed holds nobody up either: nothing is waited for that it might still send.
func TestTheEndIsNotWaitedForWhereALookIsAboutToBegin(t *testing.T) {
	s := newSorter(listen(t), false)
	near, far := net.Pipe()
	defer far.Close()
	conn := &deadlines{Conn: near}
	if !s.look(conn) {
		t.Fatal("the port is open")
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	closed := time.Now()
	s.hand(conn)
	if conn.last.After(closed) {
		t.Errorf("it may take %v", conn.last.Sub(closed))
	}
	wantClosed(t, far)
	if s.look(conn) {
		t.Error("the port is closed")
	}
}

func TestAConnectionThatNobodyTakesIsClosedAtTheEnd(t *testing.T) {
	p := open(t, Options{TCP: "127.0.0.1:0"})
	a := dial(t, p.MediaStreams())
	write(t, a, framed(iceSTUN.Raw))
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	wantClosed(t, a)
	if _, err := p.MediaStreams().Accept(); err == nil {
		t.Error("a connection after the end")
	}
}

func TestAnAddressHasSoManyConnectionsOfMediaOnly(t *testing.T) {
	p := open(t, Options{TCP: "127.0.0.1:0"})
	l := p.sorter.lanes[Media]
	l.mu.Lock()
	l.per = 1
	l.mu.Unlock()
	a := dial(t, l)
	write(t, a, framed(iceSTUN.Raw))
	first := accepted(t, l, a, framed(iceSTUN.Raw))
	b := dial(t, l)
	write(t, b, framed(iceSTUN.Raw))
	wantClosed(t, b)
	_ = first.Close()
	_ = first.Close()
	c := dial(t, l)
	write(t, c, framed(iceSTUN.Raw))
	accepted(t, l, c, framed(iceSTUN.Raw))
}

func TestHTTPsServerClosesThePort(t *testing.T) {
	l := listen(t)
	p := open(t, Options{Shared: l})
	if err := p.HTTP().Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.RelayStreams().Accept(); err == nil {
		t.Error("a connection of a closed port")
	}
}

func TestMediasPortTellsWhoAsksWhereFrom(t *testing.T) {
	p := open(t, Options{})
	conn, err := net.DialUDP("udp", nil, p.UDP().LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	from := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, c := range []struct {
		b     []byte
		taken bool
	}{
		{iceSTUN.Raw, false}, {answer.Raw, false}, {[]byte{0x80, 96}, false}, {allocate.Raw, true}, {[]byte{0x40, 0}, true}, {plainSTUN.Raw, true},
	} {
		if p.Other(c.b, from) != c.taken {
			t.Errorf("%x is taken: %v", c.b, !c.taken)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 200)
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	m, at := &stun.Message{Raw: b[:n]}, stun.XORMappedAddress{}
	if err := m.Decode(); err != nil || m.TransactionID != plainSTUN.TransactionID || at.GetFrom(m) != nil || at.String() != from.String() {
		t.Errorf("%v from %v: %v", m, at, err)
	}
	if p.MediaStreams() != nil || p.RelayStreams() != nil || p.HTTP() != nil || p.Relay() != nil {
		t.Error("ports that nobody asked for")
	}
}

func TestPortsInUseAreToldAndLeftAlone(t *testing.T) {
	first := open(t, Options{TCP: "127.0.0.1:0"})
	if _, err := Open(Options{UDP: first.UDP().LocalAddr().String()}); err == nil {
		t.Error("a port twice")
	}
	if _, err := Open(Options{UDP: "127.0.0.1:0", TCP: first.MediaStreams().Addr().String()}); err == nil {
		t.Error("a TCP port twice")
	}
	if _, err := Open(Options{UDP: "127.0.0.1:0", Relay: first.UDP().LocalAddr().String()}); err == nil {
		t.Error("a port for media and for a relay")
	}
	if _, err := Open(Options{UDP: "nonsense"}); err == nil {
		t.Error("nonsense")
	}
}

func TestWhatIsReadAheadIsReadAgain(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		for _, b := range framed(iceSTUN.Raw) {
			_, _ = far.Write([]byte{b})
		}
		_ = far.Close()
	}()
	kind, conn, err := peek(near) // no socket
	if err != nil || kind != Media {
		t.Fatal(kind, err)
	}
	if got, err := io.ReadAll(conn); err != nil || string(got) != string(framed(iceSTUN.Raw)) {
		t.Errorf("%x, %v", got, err)
	}
}
