package turn

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

const (
	// DefaultTTL is for how long credentials open relays.
	DefaultTTL = time.Hour
	// MaxTTL is the longest they may, and for how much longer an open relay goes on with them.
	MaxTTL = 12 * time.Hour
	// Realm is what the server calls itself to clients.
	Realm = "wab"
)

// Options of a Server. Without UDP, TCP and URLs there are no relays.
type Options struct {
	UDP net.PacketConn // where clients ask by UDP; nil for none. The Server closes it
	TCP net.Listener   // where clients ask by TCP; nil for none. The Server closes it

	// Media is the UDP port of the media engine, the only peer. With an unspecified address it is that port at all addresses of this machine.
	Media netip.AddrPort
	// PublicIPs are this machine's addresses as clients see them, where they are not its own, at most one of each family. What is sent there stays on the machine.
	PublicIPs []netip.Addr
	// OpenPeers are other networks that relays reach. Of those wider than any private one (/8 in IPv4, /7 in IPv6), only the public addresses.
	OpenPeers []netip.Prefix

	// Hosts are names or addresses by which clients reach UDP and TCP: PublicIPs by default, or those of Media.
	Hosts []string
	// URLs are relays elsewhere, instead of UDP and TCP: credentials are minted for them with Secret.
	URLs []string
	// STUNOnly refuses to relay: UDP and TCP tell clients the address they come from.
	STUNOnly bool

	Secret []byte        // of the credentials; random by default, so those of before a restart are void
	TTL    time.Duration // for how long credentials open relays; DefaultTTL by default, MaxTTL at most
	Limits Limits
	Clock  clock.Clock
	Log    *slog.Logger // default: slog.Default
}

// Limits are what members may take. Zero fields are those of DefaultLimits.
type Limits struct {
	Relays       int   // of all
	MemberRelays int   // of one member: browsers open one for each of their networks and URLs
	MemberRate   int64 // bits a second that a member's relays carry, both directions together
	Conns        int   // TCP connections of all
	HostConns    int   // TCP connections from one address
}

// DefaultLimits leave room for a call of some dozen people, and for a building behind one address.
func DefaultLimits() Limits {
	return Limits{Relays: 1024, MemberRelays: 24, MemberRate: 40_000_000, Conns: 2048, HostConns: 256}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	return Limits{
		Relays: cmp.Or(l.Relays, d.Relays), MemberRelays: cmp.Or(l.MemberRelays, d.MemberRelays), MemberRate: cmp.Or(l.MemberRate, d.MemberRate),
		Conns: cmp.Or(l.Conns, d.Conns), HostConns: cmp.Or(l.HostConns, d.HostConns),
	}
}

func (o Options) withDefaults() Options {
	if o.Secret == nil {
		o.Secret = make([]byte, 32)
		_, _ = rand.Read(o.Secret) // never fails: the program ends instead
	}
	if o.TTL <= 0 {
		o.TTL = DefaultTTL
	}
	o.TTL = min(o.TTL, MaxTTL)
	if o.Clock == nil {
		o.Clock = clock.Real()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Limits = o.Limits.withDefaults()
	return o
}
