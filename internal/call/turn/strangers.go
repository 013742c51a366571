package turn

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/clock"
)

const (
	strangerRate  = 10.0 // answers a second to one address that has proven nothing
	strangerBurst = 40.0
	maxStrangers  = 4096

	attrMessageIntegrity = 0x0008
)

// strangers answers who has not proven anything a few times a second only: the address in a datagram may be somebody else's, who would get the answers.
type strangers struct {
	net.PacketConn
	clock   clock.Clock
	refused func()

	mu    sync.Mutex
	hosts map[netip.Addr]*allowance
}

type allowance struct {
	left float64
	last time.Time
}

func newStrangers(conn net.PacketConn, c clock.Clock, refused func()) *strangers {
	return &strangers{PacketConn: conn, clock: c, refused: refused, hosts: map[netip.Addr]*allowance{}}
}

// ReadFrom waits for a datagram that may be answered.
func (s *strangers) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.PacketConn.ReadFrom(b)
		if err != nil || !isStrangers(b[:n]) || s.allow(from) {
			return n, from, err
		}
		s.refused()
	}
}

// isStrangers tells whether a datagram is a request without MESSAGE-INTEGRITY. Where it has one, what is wrong with it is answered in few bytes.
func isStrangers(b []byte) bool {
	const head, classes = 20, 0x0110
	if len(b) < head || b[0] > 3 || binary.BigEndian.Uint16(b)&classes != 0 {
		return false
	}
	for rest := b[head:]; len(rest) >= 4; {
		if binary.BigEndian.Uint16(rest) == attrMessageIntegrity {
			return false
		}
		size := 4 + (int(binary.BigEndian.Uint16(rest[2:]))+3)/4*4
		if size > len(rest) {
			break
		}
		rest = rest[size:]
	}
	return true
}

func (s *strangers) allow(from net.Addr) bool {
	at, ok := addrPort(from)
	if !ok {
		return true // no network of addresses, as in tests
	}
	now := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.hosts[at.Addr()]
	if a == nil {
		if len(s.hosts) >= maxStrangers {
			clear(s.hosts) // all begin anew: to remember more would cost more than it saves
		}
		a = &allowance{left: strangerBurst, last: now}
		s.hosts[at.Addr()] = a
	}
	if passed := now.Sub(a.last); passed > 0 {
		a.left, a.last = min(strangerBurst, a.left+strangerRate*passed.Seconds()), now
	}
	if a.left < 1 {
		return false
	}
	a.left--
	return true
}
