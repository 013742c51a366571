package turn

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/pion/turn/v5"

	"github.com/wabgo/wab/internal/call/pionlog"
)

// ICEServer is a relay as RTCPeerConnection takes it.
type ICEServer struct {
	URLs                 []string
	Username, Credential string
}

// Server relays, answers STUN, and mints credentials. Close ends it.
type Server struct {
	opt     Options
	minter  minter
	peers   *peers
	machine *machine
	inner   *turn.Server // nil where relays are elsewhere
	door    *door        // nil without TCP

	mu      sync.Mutex
	members map[string]*member
	relays  int
	closed  bool
	open    sync.WaitGroup // relays

	stats struct{ opened, refused, blocked, throttled, strangers, in, out atomic.Uint64 }
}

// Stats are what a Server carries now, and has done so far.
type Stats struct {
	Relays, Members, Conns     int
	Opened, Refused            uint64 // relays
	Blocked, Throttled         uint64 // datagrams that would have gone to, or came from, what is not reached; and those beyond a rate
	Strangers                  uint64 // requests by UDP without proof that were too many to be answered
	BytesToPeers, BytesToUsers uint64
}

// New begins to answer at UDP and TCP. It owns both from now on, even when it fails.
func New(o Options) (*Server, error) {
	o = o.withDefaults()
	s := &Server{opt: o, minter: minter{o.Secret, o.TTL, o.Clock}, machine: &machine{clock: o.Clock}, members: map[string]*member{}}
	s.peers = &peers{
		media: netip.AddrPortFrom(o.Media.Addr().Unmap(), o.Media.Port()), public: unmapped(o.PublicIPs), open: o.OpenPeers, own: s.machine.addresses,
	}
	if o.UDP == nil && o.TCP == nil {
		return s, nil // relays elsewhere, or none
	}
	if err := s.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("turn: %w", err), closeBoth(o))
	}
	return s, nil
}

func unmapped(list []netip.Addr) (out []netip.Addr) {
	for _, a := range list {
		out = append(out, a.Unmap())
	}
	return out
}

func closeBoth(o Options) (err error) {
	if o.UDP != nil {
		err = o.UDP.Close()
	}
	if o.TCP != nil {
		err = errors.Join(err, o.TCP.Close())
	}
	return err
}

func (s *Server) listen() (err error) {
	c := turn.ServerConfig{Realm: Realm, LoggerFactory: pionlog.To(s.opt.Log), QuotaHandler: s.quota}
	if !s.opt.STUNOnly {
		c.AuthHandler = s.minter.know
	}
	if s.opt.UDP != nil {
		udp := newStrangers(s.opt.UDP, s.opt.Clock, func() { s.stats.strangers.Add(1) })
		c.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: udp, RelayAddressGenerator: relays{s}, PermissionHandler: s.permit}}
	}
	if s.opt.TCP != nil {
		s.door = newDoor(s.opt.TCP, s.opt.Limits)
		c.ListenerConfigs = []turn.ListenerConfig{{Listener: s.door, RelayAddressGenerator: relays{s}, PermissionHandler: s.permit}}
	}
	s.inner, err = turn.NewServer(c)
	return err
}

func (s *Server) quota(id, _ string, _ net.Addr) bool {
	if s.admits(id) {
		return true
	}
	s.stats.refused.Add(1)
	return false
}

func (s *Server) permit(_ net.Addr, ip net.IP) bool {
	a, ok := netip.AddrFromSlice(ip)
	if ok = ok && s.peers.permits(a); !ok {
		s.stats.blocked.Add(1)
	}
	return ok
}

// ICEServers are the relays for a member, with credentials of its own, to be minted again when it comes back after a cut; none where there is no relay, or where the
// member's id is none.
func (s *Server) ICEServers(member string) []ICEServer {
	urls := s.urls()
	if len(urls) == 0 || !isMember(member) {
		return nil
	}
	username, credential := s.minter.mint(member)
	return []ICEServer{{URLs: urls, Username: username, Credential: credential}}
}

// End closes a member's relays. Its credentials stay good: whoever must not come back is not let in where they are minted.
func (s *Server) End(member string) {
	for _, r := range s.relaysOf(func(id string) bool { return id == member }) {
		_ = r.Close()
	}
}

func (s *Server) relaysOf(wanted func(id string) bool) (out []*relay) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range s.members {
		if wanted(id) {
			for r := range m.relays {
				out = append(out, r)
			}
		}
	}
	return out
}

// Stats tells what is carried.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	relays, members := s.relays, len(s.members)
	s.mu.Unlock()
	t := Stats{
		Relays: relays, Members: members, Opened: s.stats.opened.Load(), Refused: s.stats.refused.Load(), Blocked: s.stats.blocked.Load(),
		Throttled: s.stats.throttled.Load(), Strangers: s.stats.strangers.Load(), BytesToPeers: s.stats.out.Load(), BytesToUsers: s.stats.in.Load(),
	}
	if s.door != nil {
		t.Conns = s.door.count()
	}
	return t
}

// Close ends all relays and frees the ports.
func (s *Server) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed || s.inner == nil {
		return nil
	}
	err := s.inner.Close()
	if s.door != nil {
		s.door.closeAll()
	}
	for _, r := range s.relaysOf(func(string) bool { return true }) {
		_ = r.Close()
	}
	s.open.Wait()
	return err
}
