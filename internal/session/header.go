package session

import "encoding/binary"

// maxClientHeader is the longest header of a client's WebSocket frame: opcode, length, and mask.
const maxClientHeader = 14

// maxControl is how long the payload of a control frame may be (RFC 6455 §5.5).
const maxControl = 125

// Bits of the first two bytes of a header (RFC 6455 §5.2).
const (
	bitFinal   = 0x80
	bitControl = 0x08
	bitMasked  = 0x80
	reserved   = 0x70
)

// header is what stands before a client's payload.
type header struct {
	first  byte // as on the wire: final bit and opcode
	length uint64
	key    uint32 // see unmask
}

func (h header) final() bool   { return h.first&bitFinal != 0 }
func (h header) control() bool { return h.first&bitControl != 0 }

// headerLength is how long a header is that begins with two bytes.
func headerLength(b []byte) int {
	switch b[1] &^ bitMasked {
	case 126:
		return 8
	case 127:
		return maxClientHeader
	}
	return 6
}

// checkStart looks at the first two bytes of a frame, which may be refused before the rest is there. open tells whether a message waits for its
// continuation.
func checkStart(b []byte, open bool) *violation {
	op := b[0] &^ (bitFinal | reserved)
	switch {
	case b[0]&reserved != 0:
		return errReserved
	case b[1]&bitMasked == 0:
		return errUnmasked
	case op&bitControl != 0:
		return checkControl(b)
	case op > opBinary&^bitFinal:
		return errOpcode
	case op == 0 && !open:
		return errContinuation
	case op != 0 && open:
		return errUnfinished
	}
	return nil
}

func checkControl(b []byte) *violation {
	switch op := b[0] | bitFinal; {
	case op != opClose && op != opPing && op != opPong:
		return errOpcode
	case b[0]&bitFinal == 0 || b[1]&^bitMasked > maxControl:
		return errControl
	}
	return nil
}

// parseHeader reads a whole header.
func parseHeader(b []byte) (header, *violation) {
	h := header{first: b[0], key: binary.LittleEndian.Uint32(b[len(b)-4:])}
	least := uint64(0)
	switch len(b) {
	case 6:
		h.length = uint64(b[1] &^ bitMasked)
	case 8:
		h.length, least = uint64(binary.BigEndian.Uint16(b[2:])), 126
	default:
		h.length, least = binary.BigEndian.Uint64(b[2:]), 1<<16
	}
	if h.length < least || h.length >= 1<<63 {
		return header{}, errLength
	}
	return h, nil
}
