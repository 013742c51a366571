package ports

import "encoding/binary"

// Kind is whose something is.
type Kind int

// Media's, the relay's, and HTTP's. Nobody's are closed or lost.
const (
	Nobody Kind = iota
	Media
	STUN // a Binding request that is not ICE's
	TURN
	HTTP
)

const (
	stunHead     = 20
	magicCookie  = 0x2112A442
	typeMask     = 0x3fff
	binding      = 0x0001 // the request; its other classes have other bits
	classes      = 0x0110
	attrUsername = 0x0006
)

// Datagram tells whose a datagram is.
func Datagram(b []byte) Kind {
	switch {
	case len(b) == 0:
		return Nobody
	case b[0]>>6 == 1:
		return TURN
	case b[0] > 3 || len(b) < stunHead || binary.BigEndian.Uint32(b[4:]) != magicCookie:
		return Media
	}
	switch t := binary.BigEndian.Uint16(b) & typeMask; {
	case t&^classes != binding:
		return TURN
	case t == binding && !hasUsername(b):
		return STUN
	}
	return Media
}

// hasUsername walks the attributes of a STUN message (RFC 8489, 14). It stops at what is not well formed, and at the length that the message gives.
func hasUsername(b []byte) bool {
	rest := b[stunHead:]
	rest = rest[:min(len(rest), int(binary.BigEndian.Uint16(b[2:])))]
	for len(rest) >= 4 {
		if binary.BigEndian.Uint16(rest) == attrUsername {
			return true
		}
		size := 4 + (int(binary.BigEndian.Uint16(rest[2:]))+3)/4*4
		if size > len(rest) {
			return false
		}
		rest = rest[size:]
	}
	return false
}

const (
	httpFrom  = 20 // first byte: above those of STUN's types and of the lengths before STUN
	headBytes = 10 // as many as tell all kinds of streams apart
)

// Stream tells by its first bytes whose a connection is, or that more of them are needed, ten at most.
func Stream(b []byte) (k Kind, more bool) {
	switch {
	case len(b) == 0:
		return Nobody, true
	case b[0] >= httpFrom:
		return HTTP, false
	case len(b) >= 8 && binary.BigEndian.Uint32(b[4:]) == magicCookie:
		return TURN, false
	case len(b) < headBytes:
		return Nobody, true
	case binary.BigEndian.Uint32(b[6:]) == magicCookie:
		return Media, false
	}
	return Nobody, false
}
