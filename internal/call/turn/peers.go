package turn

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/internal/outgoing"
)

// peers are those that relays reach.
type peers struct {
	media  netip.AddrPort // unmapped; its address may be unspecified
	public []netip.Addr
	open   []netip.Prefix
	own    func() []netip.Addr // this machine's addresses
}

// permits tells whether there is anything to reach at an address.
func (p *peers) permits(a netip.Addr) bool {
	a = a.Unmap()
	return p.isMedia(a) || p.opens(a)
}

// reaches tells whether a datagram may go to, or come from, a port of an address. Of this machine it is the media's port only, whatever network is open.
func (p *peers) reaches(a netip.AddrPort) bool {
	ip := a.Addr().Unmap()
	if p.isMedia(ip) {
		return a.Port() == p.media.Port()
	}
	return p.opens(ip)
}

func (p *peers) isMedia(a netip.Addr) bool {
	switch {
	case !p.media.IsValid() || !a.IsValid() || a.IsUnspecified():
		return false
	case a == p.media.Addr() || slices.Contains(p.public, a):
		return true
	}
	return p.media.Addr().IsUnspecified() && p.isOwn(a)
}

func (p *peers) isOwn(a netip.Addr) bool {
	return a.IsLoopback() || slices.Contains(p.own(), a.WithZone(""))
}

// opens tells whether an operator has opened a network with this address. This machine is not reached by that.
func (p *peers) opens(a netip.Addr) bool {
	if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a == broadcast || len(p.open) == 0 || p.isOwn(a) {
		return false
	}
	return slices.ContainsFunc(p.open, func(n netip.Prefix) bool {
		return n.Contains(a.WithZone("")) && (!isWide(n) || outgoing.Public(a))
	})
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// isWide tells whether a network is wider than any private one.
func isWide(n netip.Prefix) bool {
	if n.Addr().Is4() {
		return n.Bits() < 8
	}
	return n.Bits() < 7
}

// inner is where on this machine the media are that clients see at a public address; the address itself if it is not one of those.
func (p *peers) inner(a netip.AddrPort) netip.AddrPort {
	if !slices.Contains(p.public, a.Addr().Unmap()) || a.Port() != p.media.Port() {
		return a
	}
	switch at := p.media.Addr(); {
	case !at.IsUnspecified():
		return netip.AddrPortFrom(at, a.Port())
	case a.Addr().Unmap().Is4():
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
	}
	return netip.AddrPortFrom(netip.IPv6Loopback(), a.Port())
}

// machine remembers the addresses of this machine for a moment: networks come and go.
type machine struct {
	clock clock.Clock
	mu    sync.Mutex
	found []netip.Addr
	until time.Time
}

const foundFor = 5 * time.Second

func (m *machine) addresses() []netip.Addr {
	m.mu.Lock()
	found, fresh := m.found, m.clock.Now().Before(m.until)
	m.mu.Unlock()
	if fresh {
		return found
	}
	found = ownAddresses()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.found, m.until = found, m.clock.Now().Add(foundFor)
	return found
}

// ownAddresses are this machine's, without zones.
func ownAddresses() (out []netip.Addr) {
	all, _ := net.InterfaceAddrs() // without a network there are none
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				out = append(out, ip.Unmap())
			}
		}
	}
	return out
}
