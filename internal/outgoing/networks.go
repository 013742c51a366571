package outgoing

import (
	"encoding/binary"
	"net/netip"
)

// networks are those that an operator has opened.
type networks []netip.Prefix

// allows tells whether a call may connect to an address: it is opened, or public through and through.
func (n networks) allows(a netip.Addr) bool {
	a = a.Unmap()
	if n.opens(a) {
		return true
	}
	if a.Zone() != "" || !public(a) {
		return false
	}
	inner, ok := embedded(a)
	return !ok || n.allows(inner)
}

// Public tells whether an address is public through and through: it lies in no network that is closed to calls, and leads to none.
func Public(a netip.Addr) bool { return networks(nil).allows(a) }

func (n networks) opens(a netip.Addr) bool {
	a = a.WithZone("")
	for _, p := range n {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// closed4 are the IPv4 networks that are not public, by the IANA registry of special-purpose addresses (RFC 6890), and two of clouds' inner services.
var closed4 = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // shared, behind carriers' NAT; clouds' inner services too
	"127.0.0.0/8",      // loopback
	"168.63.129.16/32", // a cloud's inner service
	"169.254.0.0/16",   // link-local; clouds' metadata
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
)

// global6 is all of IPv6 that is given out (RFC 4291), nat64 the well-known prefix behind which IPv4 lies (RFC 6052).
var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixto4  = netip.MustParsePrefix("2002::/16")
)

// closed6 are the parts of global6 that are not public.
var closed6 = prefixes(
	"2001::/23",     // protocol assignments: Teredo, ORCHID, benchmarks
	"2001:db8::/32", // documentation
	"3fff::/20",     // documentation
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Private are loopback and the private networks (RFC 1918, RFC 4193), but for a cloud's inner service among them. For Options.Open, where servers of one machine or one house call each other.
func Private() []netip.Prefix {
	list := prefixes("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128")
	return append(list, without(netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fd00:ec2::/32"))...)
}

// without is a network but for one of its parts: at each bit on the way to the part, the half that it is not in.
func without(network, part netip.Prefix) (rest []netip.Prefix) {
	for bits := network.Bits(); bits < part.Bits(); bits++ {
		other := part.Addr().AsSlice()
		other[bits/8] ^= 0x80 >> (bits % 8)
		half, _ := netip.AddrFromSlice(other)
		rest = append(rest, netip.PrefixFrom(half, bits+1).Masked())
	}
	return rest
}

// public tells whether an address lies in a network that belongs to all. What it may lead to is another matter: see embedded.
func public(a netip.Addr) bool {
	closed := closed6
	switch {
	case a.Is4():
		closed = closed4
	case nat64.Contains(a):
		return true
	case !global6.Contains(a):
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// embedded is the IPv4 address that a public IPv6 one leads to on its way: NAT64 (RFC 6052), 6to4 (RFC 3056), ISATAP (RFC 5214).
func embedded(a netip.Addr) (inner netip.Addr, ok bool) {
	if a.Is4() {
		return inner, false
	}
	b := a.As16()
	switch {
	case nat64.Contains(a) || isatap(b):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case sixto4.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:])), true
	}
	return inner, false
}

func isatap(b [16]byte) bool {
	const mark, universal = 0x00005efe, 0x02000000
	return binary.BigEndian.Uint32(b[8:])&^universal == mark
}
