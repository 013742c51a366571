package turn

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pion/turn/v5"

	"github.com/wabgo/wab/internal/call/ports"
)

var (
	errClosed = errors.New("turn: the relay is closed")
	errFull   = errors.New("turn: there is no room for another relay")
	errUDP    = errors.New("turn: only UDP is relayed, and no port is reserved")
	errPeer   = errors.New("turn: this peer is not reached by the relay")
)

// relays opens the sockets of relays, as turn.RelayAddressGenerator.
type relays struct{ s *Server }

func (g relays) Validate() error { return nil }

// AllocatePacketConn opens a relay for a member.
func (g relays) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.RequestedPort != 0 || c.UserID == "" { // nobody's: looking for a port to reserve
		return nil, nil, errUDP
	}
	return g.s.openRelay(c.UserID, c.Network)
}

func (g relays) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errUDP
}

func (g relays) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errUDP }

func (s *Server) openRelay(id, network string) (net.PacketConn, net.Addr, error) {
	conn, err := net.ListenUDP(network, &net.UDPAddr{IP: s.relayIP(network)})
	if err != nil {
		return nil, nil, err
	}
	r := &relay{UDPConn: conn, s: s, id: id}
	if err := s.keep(r); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	port := conn.LocalAddr().(*net.UDPAddr).Port
	return r, &net.UDPAddr{IP: s.told(network).AsSlice(), Port: port}, nil
}

// relayIP is what relays listen on: where the media are if these are all they reach; nil for all addresses.
func (s *Server) relayIP(network string) net.IP {
	at := s.peers.media.Addr()
	if len(s.opt.OpenPeers) > 0 || !at.IsValid() || at.IsUnspecified() || at.Is4() != (network == "udp4") {
		return nil
	}
	return at.AsSlice()
}

// told is the address that a client is told its relay is at.
func (s *Server) told(network string) netip.Addr {
	four := network == "udp4"
	for _, a := range append(append([]netip.Addr(nil), s.peers.public...), s.peers.media.Addr()) {
		if a.IsValid() && !a.IsUnspecified() && a.Is4() == four {
			return a
		}
	}
	for _, a := range reachable(s.machine.addresses()) {
		if a.Is4() == four {
			return a
		}
	}
	if four {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// relay is the socket of one relay. It passes on what its peers allow.
type relay struct {
	*net.UDPConn
	s      *Server
	id     string
	bucket *bucket
	once   sync.Once

	outside atomic.Pointer[netip.AddrPort] // public address that the client has sent to last
}

// WriteTo sends a client's datagram to a peer.
func (r *relay) WriteTo(b []byte, to net.Addr) (int, error) {
	at, ok := addrPort(to)
	if !ok || !r.s.peers.reaches(at) || ports.Datagram(b) == ports.TURN { // no relays through relays
		r.s.stats.blocked.Add(1)
		return 0, errPeer
	}
	if !r.bucket.take(len(b)) {
		r.s.stats.throttled.Add(1)
		return len(b), nil // lost, as datagrams are
	}
	inner := r.s.peers.inner(at)
	if inner != at {
		r.outside.Store(&at)
	}
	r.s.stats.out.Add(uint64(len(b)))
	return r.UDPConn.WriteToUDPAddrPort(b, inner)
}

// ReadFrom takes a peer's datagram for the client.
func (r *relay) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := r.UDPConn.ReadFromUDPAddrPort(b)
		if errors.Is(err, net.ErrClosed) {
			return 0, nil, err
		}
		if err != nil {
			continue // a peer's port is closed
		}
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		if !r.s.peers.reaches(from) {
			r.s.stats.blocked.Add(1)
			continue
		}
		if !r.bucket.take(n) {
			r.s.stats.throttled.Add(1)
			continue
		}
		r.s.stats.in.Add(uint64(n))
		return n, net.UDPAddrFromAddrPort(r.asSeen(from)), nil
	}
}

// asSeen is the address that the client knows a peer by.
func (r *relay) asSeen(from netip.AddrPort) netip.AddrPort {
	if to := r.outside.Load(); to != nil && r.s.peers.inner(*to) == from {
		return *to
	}
	return from
}

// Close ends the relay; more than once is fine.
func (r *relay) Close() (err error) {
	r.once.Do(func() {
		err = r.UDPConn.Close()
		r.s.forget(r)
	})
	return err
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	u, ok := a.(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	at := u.AddrPort()
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	return at, at.IsValid()
}

func portOf(a net.Addr) string {
	_, port, err := net.SplitHostPort(a.String())
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
		return ""
	}
	return port
}
