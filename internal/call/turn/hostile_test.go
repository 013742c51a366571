package turn

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"github.com/wabgo/wab/internal/clock"
)

func TestRelaysReachNothingElse(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	c := dialAs(t, s, "udp", "member")
	relay := allocate(t, c)
	for _, ip := range []string{
		"10.0.0.1", "172.16.3.4", "192.168.1.1", "127.0.0.2", "169.254.169.254", "100.64.0.1", "224.0.0.251", "255.255.255.255", "0.0.0.0", "8.8.8.8", "198.18.0.1",
	} {
		if err := c.CreatePermission(&net.UDPAddr{IP: net.ParseIP(ip), Port: 53}); err == nil {
			t.Errorf("%s is permitted", ip)
		}
		if _, err := relay.WriteTo([]byte{0x80}, &net.UDPAddr{IP: net.ParseIP(ip), Port: int(at(m).Port())}); err == nil {
			t.Errorf("%s is sent to", ip)
		}
	}
	roundTrip(t, relay, m.LocalAddr(), "and the media still are")
}

func TestOtherPortsOfTheMediasAddressAreNotReached(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "0.0.0.0"} {
		m, other := media(t, host), listenUDP(t, "127.0.0.1")
		s := start(t, Options{Media: at(m), OpenPeers: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
		relay := allocate(t, dialAs(t, s, "udp", "member"))
		if _, err := relay.WriteTo([]byte("\x80a secret service"), other.LocalAddr()); err != nil {
			t.Fatal(err) // the address is permitted; what is sent there is lost
		}
		await(t, func() bool { return s.Stats().Blocked > 0 })
		roundTrip(t, relay, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(at(m).Port())}, "the media's port")
		_ = other.SetReadDeadline(time.Now())
		if n, _, err := other.ReadFrom(make([]byte, 100)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d bytes came to another port, %v", n, err)
		}
	}
}

// What others on the media's address send to a relay does not come through, though TURN's permissions are by address alone.
func TestOtherPortsOfTheMediasAddressAreNotHeard(t *testing.T) {
	m, other := media(t, "127.0.0.1"), listenUDP(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	relay := allocate(t, dialAs(t, s, "udp", "member"))
	roundTrip(t, relay, m.LocalAddr(), "permitted")
	if _, err := other.WriteTo([]byte("forged"), relay.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return s.Stats().Blocked == 1 })
	roundTrip(t, relay, m.LocalAddr(), "the next that comes")
}

func TestCredentialsOfOthersOpenNothing(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	good := s.ICEServers("member")[0]
	soon := strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)
	past := strconv.FormatInt(time.Now().Add(-time.Second).Unix(), 10) + ":member"
	far := strconv.FormatInt(time.Now().Add(1000*time.Hour).Unix(), 10) + ":member"
	for _, x := range []struct{ why, user, password string }{
		{"a wrong password", good.Username, good.Credential + "x"},
		{"another member's password", soon + ":other", good.Credential},
		{"expired", past, s.minter.password(past)},
		{"for far too long", far, s.minter.password(far)},
		{"no member", soon, s.minter.password(soon)},
		{"no name", "", ""},
		{"another secret", soon + ":member", minter{secret: []byte("guess")}.password(soon + ":member")},
	} {
		if _, err := dial(t, s, "udp", x.user, x.password).Allocate(); err == nil {
			t.Errorf("%s opens a relay", x.why)
		}
	}
	if n := s.Stats().Opened; n != 0 {
		t.Errorf("%d relays", n)
	}
}

func TestAMemberHasSoManyRelaysOnly(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m), Limits: Limits{MemberRelays: 2, Relays: 3}})
	first := allocate(t, dialAs(t, s, "udp", "greedy"))
	allocate(t, dialAs(t, s, "tcp", "greedy"))
	if _, err := dialAs(t, s, "udp", "greedy").Allocate(); err == nil {
		t.Error("a third relay of a member")
	}
	allocate(t, dialAs(t, s, "udp", "modest"))
	if _, err := dialAs(t, s, "udp", "late").Allocate(); err == nil {
		t.Error("a fourth relay of all")
	}
	_ = first.Close()
	await(t, func() bool { return s.Stats().Relays == 2 })
	allocate(t, dialAs(t, s, "udp", "late"))
	if st := s.Stats(); st.Refused != 2 {
		t.Errorf("%+v", st)
	}
}

func TestTCPIsNotRelayedAndNoPortReserved(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	if _, err := dialAs(t, s, "tcp", "member").AllocateTCP(); err == nil {
		t.Error("a TCP relay")
	}
	if _, _, err := (relays{s}).AllocatePacketConn(turn.AllocateListenerConfig{Network: "udp4"}); err == nil {
		t.Error("a relay of nobody's")
	}
}

// A length that overflows sixteen bits must not keep the server busy with a message that never ends.
func TestWrongFramingEndsAConnection(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	for _, head := range [][]byte{
		stunHead(0xffec), stunHead(0xfffc), stunHead(0x0641), stunHead(0x0003), {0x40, 0, 0xff, 0xff}, {0x40, 0, 0x06, 0x40}, []byte("GET / HTTP/1.1\r\n"), {0xff, 0xff, 0xff, 0xff},
	} {
		conn, err := net.Dial("tcp", s.opt.TCP.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write(append(head, make([]byte, 32)...))
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%x keeps the connection open", head)
		}
		_ = conn.Close()
	}
	await(t, func() bool { return s.Stats().Conns == 0 })
}

func stunHead(length uint16) []byte {
	b := make([]byte, 20)
	binary.BigEndian.PutUint16(b, 1)
	binary.BigEndian.PutUint16(b[2:], length)
	binary.BigEndian.PutUint32(b[4:], 0x2112A442)
	return b
}

func TestConnectionsBeyondTheLimitAreClosed(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m), Limits: Limits{HostConns: 2}})
	var conns []net.Conn
	for range 2 {
		conn, err := net.Dial("tcp", s.opt.TCP.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	await(t, func() bool { return s.Stats().Conns == 2 })
	third, err := net.Dial("tcp", s.opt.TCP.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	_ = third.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := third.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a third connection stays: %v", err)
	}
	_ = conns[0].Close()
	await(t, func() bool { return s.Stats().Conns == 1 })
}

func TestMessagesInPiecesArriveWhole(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	conn, err := net.Dial("tcp", s.opt.TCP.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ask := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	two := append(append([]byte(nil), ask.Raw...), ask.Raw...)
	for i := range two {
		if _, err := conn.Write(two[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for range 2 {
		head := make([]byte, 20)
		if _, err := io.ReadFull(conn, head); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(head[2:]))); err != nil {
			t.Fatal(err)
		}
		if head[0] != 1 || head[1] != 1 {
			t.Errorf("%x", head)
		}
	}
}

// Whoever forges an address has it answered a few times only; members, who prove themselves, are not held up.
func TestStrangersAreAnsweredAFewTimesOnly(t *testing.T) {
	m := media(t, "127.0.0.1")
	fake := clock.NewFake(time.Now())
	s := start(t, Options{UDP: listenUDP(t, "127.0.0.1"), Media: at(m), Clock: fake})
	relay := allocate(t, dialAs(t, s, "udp", "member"))
	conn := listenUDP(t, "127.0.0.1")
	ask := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest)).Raw
	const asked = 200
	again := func() {
		if _, err := conn.WriteTo(ask, s.opt.UDP.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	for range asked {
		again()
	}
	await(t, func() bool { again(); return s.Stats().Strangers >= asked-strangerBurst }) // a busy machine loses some of many
	roundTrip(t, relay, m.LocalAddr(), "a member")
	fake.Advance(time.Second)
	allocate(t, dialAs(t, s, "udp", "late"))
}

func TestWhoIsAStranger(t *testing.T) {
	proof := stun.NewShortTermIntegrity("x")
	for _, c := range []struct {
		b    []byte
		want bool
	}{
		{stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw, true},
		{stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("abc")).Raw, true},
		{stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewUsername("abc"), proof).Raw, false},
		{stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication)).Raw, false}, // never answered
		{[]byte{0x40, 0, 0, 1, 9, 0, 0, 0}, false}, {nil, false}, {append(stunHead(4), 0, 8, 0xff, 0xff), false}, {append(stunHead(4), 0, 9, 0xff, 0xff), true},
	} {
		if got := isStrangers(c.b); got != c.want {
			t.Errorf("%x is a stranger's: %v", c.b, got)
		}
	}
}

func TestStrangersAreForgottenBeforeTheyAreTooMany(t *testing.T) {
	s := newStrangers(nil, clock.NewFake(time.Now()), nil)
	for i := range 3 * maxStrangers {
		ip := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		if !s.allow(net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 1))) || len(s.hosts) > maxStrangers {
			t.Fatal(i, len(s.hosts))
		}
	}
}

func TestCloseWaitsForRelaysAndIsDoneOnce(t *testing.T) {
	m := media(t, "127.0.0.1")
	s := start(t, Options{Media: at(m)})
	allocate(t, dialAs(t, s, "udp", "member"))
	allocate(t, dialAs(t, s, "tcp", "member"))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if st := s.Stats(); st.Relays != 0 || st.Conns != 0 {
		t.Errorf("%+v", st)
	}
}
