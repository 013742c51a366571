package turn

import (
	"net"
	"net/netip"
	"slices"
)

// maxHosts is how many addresses clients are told: browsers get slow with many relays.
const maxHosts = 2

// urls are the relays' addresses as clients take them, by UDP first.
func (s *Server) urls() (out []string) {
	switch {
	case len(s.opt.URLs) > 0:
		return s.opt.URLs
	case s.opt.STUNOnly:
		return nil
	}
	hosts := s.hosts()
	for _, h := range hosts {
		out = appendURL(out, h, s.opt.UDP != nil, func() net.Addr { return s.opt.UDP.LocalAddr() }, "udp")
	}
	for _, h := range hosts {
		out = appendURL(out, h, s.opt.TCP != nil, func() net.Addr { return s.opt.TCP.Addr() }, "tcp")
	}
	return out
}

func appendURL(list []string, host string, on bool, at func() net.Addr, transport string) []string {
	if !on {
		return list
	}
	return append(list, "turn:"+net.JoinHostPort(host, portOf(at()))+"?transport="+transport)
}

// hosts are those that Options name, or the public addresses, or where media are.
func (s *Server) hosts() (out []string) {
	if len(s.opt.Hosts) > 0 {
		return s.opt.Hosts
	}
	addresses := s.peers.public
	if len(addresses) == 0 {
		addresses = s.listensOn()
	}
	for _, a := range addresses[:min(len(addresses), maxHosts)] {
		out = append(out, a.String())
	}
	return out
}

func (s *Server) listensOn() []netip.Addr {
	if at := s.peers.media.Addr(); at.IsValid() && !at.IsUnspecified() {
		return []netip.Addr{at.WithZone("")}
	}
	own := reachable(s.machine.addresses())
	if s.peers.media.Addr().Is4() { // all of IPv4, that is
		own = slices.DeleteFunc(own, netip.Addr.Is6)
	}
	return own
}

// reachable are the addresses by which others on the network may reach this machine, IPv4 first; the loopback address if there are none.
func reachable(own []netip.Addr) (out []netip.Addr) {
	for _, a := range own {
		if a.IsGlobalUnicast() {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	if len(out) == 0 {
		out = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	return out
}

// Hosts are the names or addresses by which clients reach this server's ports.
func (s *Server) Hosts() []string { return s.hosts() }

// Peers are the media's addresses that relays reach, one of each family that media have.
func (s *Server) Peers() (out []netip.AddrPort) {
	at := s.peers.media.Addr()
	for _, network := range []string{"udp4", "udp6"} {
		if a := s.told(network); s.peers.permits(a) && (at == netip.IPv6Unspecified() || a.Is4() == at.Is4()) {
			out = append(out, netip.AddrPortFrom(a, s.peers.media.Port()))
		}
	}
	return out
}
