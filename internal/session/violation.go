package session

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/wire"
)

// Close codes that only broken clients see (RFC 6455 §7.4.1).
const (
	closeProtocol = 1002
	closeBadData  = 1007
)

// A violation is what ends a connection by a close frame: what the client has sent is no WebSocket message that we take.
type violation struct {
	code   uint16
	reason string
}

var (
	errReserved     = &violation{closeProtocol, "reserved bits are set"}
	errOpcode       = &violation{closeProtocol, "the opcode is unknown"}
	errUnmasked     = &violation{closeProtocol, "frames of clients are masked"}
	errControl      = &violation{closeProtocol, "control frames are whole, and of at most 125 bytes"}
	errContinuation = &violation{closeProtocol, "there is no message to continue"}
	errUnfinished   = &violation{closeProtocol, "the message before is not finished"}
	errLength       = &violation{closeProtocol, "the length is not in its shortest form"}
	errCloseCode    = &violation{closeProtocol, "the close code is invalid"}
	errCloseReason  = &violation{closeBadData, "the reason is not UTF-8"}
	errTooBig       = &violation{wire.CloseTooBig, "the message is too large"}
)

// frame is the close frame that tells of it.
func (v *violation) frame() []byte {
	b := closeFrame(v.code)
	b[1] += byte(len(v.reason))
	return append(b, v.reason...)
}

// checkClose looks at the payload of a client's close frame (RFC 6455 §5.5.1).
func checkClose(payload []byte) *violation {
	switch {
	case len(payload) == 0:
		return nil
	case len(payload) == 1 || !validCloseCode(binary.BigEndian.Uint16(payload)):
		return errCloseCode
	case !utf8.Valid(payload[2:]):
		return errCloseReason
	}
	return nil
}

// validCloseCode tells whether a code may come over the wire: those of the registry, of libraries and of applications.
func validCloseCode(code uint16) bool {
	switch code {
	case 1004, 1005, 1006:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}
