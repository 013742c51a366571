package session

import "encoding/binary"

// maxHeader is the longest header of a server's WebSocket frame: opcode, length, and no mask.
const maxHeader = 10

// Opcodes of final frames (RFC 6455 §5.2).
const (
	opText   = 0x81
	opBinary = 0x82
	opClose  = 0x88
	opPing   = 0x89
	opPong   = 0x8a
)

// Frame is a frame ready to be written: encoded once, whoever receives it. It never changes.
type Frame struct{ b []byte }

// NewFrame makes a Frame of a protocol frame, which it copies.
func NewFrame(payload []byte) *Frame {
	return &Frame{seal(append(room(len(payload)), payload...))}
}

// appender is a frame of package wire.
type appender interface{ Append([]byte) []byte }

// pack encodes a protocol frame of about size bytes for writing.
func pack(f appender, size int) []byte { return seal(f.Append(room(size))) }

// room is a buffer with a place for the header in front.
func room(size int) []byte { return make([]byte, maxHeader, maxHeader+size) }

// seal puts the header in front of the payload that begins at maxHeader.
func seal(b []byte) []byte {
	n := len(b) - maxHeader
	at := maxHeader - headerSize(n)
	putHeader(b[at:], opBinary, n)
	return b[at:]
}

// appendSealed appends a protocol frame with its header to dst.
func appendSealed(dst []byte, f appender) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, maxHeader)...)
	sealed := seal(f.Append(dst[start : start+maxHeader : cap(dst)]))
	return append(dst[:start], sealed...)
}

func headerSize(n int) int {
	switch {
	case n < 126:
		return 2
	case n < 1<<16:
		return 4
	}
	return maxHeader
}

func putHeader(b []byte, op byte, n int) {
	b[0] = op
	switch headerSize(n) {
	case 2:
		b[1] = byte(n)
	case 4:
		b[1] = 126
		binary.BigEndian.PutUint16(b[2:], uint16(n))
	default:
		b[1] = 127
		binary.BigEndian.PutUint64(b[2:], uint64(n))
	}
}

// closeFrame is a WebSocket close frame.
func closeFrame(code uint16) []byte {
	return binary.BigEndian.AppendUint16([]byte{opClose, 2}, code)
}
