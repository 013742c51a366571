package ports

import (
	"net"
	"net/netip"

	"github.com/pion/stun/v4"
)

// Other takes a datagram of media's port that is not media's, and tells whether it has. Questions for one's address are answered at once; what is a relay's is lost.
func (p *Ports) Other(b []byte, from netip.AddrPort) bool {
	switch Datagram(b) {
	case STUN:
		_, _ = p.udp.WriteToUDPAddrPort(whereFrom(b, from), from) // lost, as datagrams are
		return true
	case TURN:
		return true
	}
	return false
}

// whereFrom answers a Binding request (RFC 8489, 7.3.1): with the address that it came from, and nothing else.
func whereFrom(b []byte, from netip.AddrPort) []byte {
	answer := &stun.Message{Type: stun.BindingSuccess, TransactionID: [stun.TransactionIDSize]byte(b[8:stunHead])}
	answer.WriteHeader()
	at := stun.XORMappedAddress{IP: net.IP(from.Addr().Unmap().AsSlice()), Port: int(from.Port())}
	_ = at.AddTo(answer) // an address of 4 or 16 bytes, always
	return answer.Raw
}
