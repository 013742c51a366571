package sfu

import (
	"github.com/fxamacker/cbor/v2"

	"github.com/wabgo/wab/internal/wire"
)

// Signal is what a member and the server tell each other about a call: one of the types of this file. It travels as a CBOR map whose
// "t" names its type.
type Signal interface{ tagged() any }

// head is the part that all signals share; Encode sets it, Decode clears it.
type head struct {
	T string `cbor:"t"`
}

// Offer proposes a session description, either way. N rises by at least one with each new offer of its sender; the same offer sent
// again keeps its number.
type Offer struct {
	head
	N       uint32            `cbor:"n"`
	SDP     string            `cbor:"sdp"`
	Sources map[string]string `cbor:"sources,omitempty"` // from a client: mid → what the member publishes there
	Streams map[string]Stream `cbor:"streams,omitempty"` // from the server: mid → whose stream it is
	On      uint32            `cbor:"on,omitempty"`      // from the server: it was made after the client's offer of that number was answered, and none since
}

// Stream names a source of a member.
type Stream struct {
	Member string `cbor:"member"`
	Source string `cbor:"source"`
}

// Answer accepts the offer N of the other side.
type Answer struct {
	head
	N   uint32 `cbor:"n"`
	SDP string `cbor:"sdp"`
}

// Candidate is a further ICE candidate of a client; the server's stand in its descriptions.
type Candidate struct {
	head
	Candidate string `cbor:"candidate"`
	Mid       string `cbor:"mid,omitempty"`
	Line      uint16 `cbor:"line,omitempty"`
}

// Refused tells that the client's offer N, or its Action, can't be taken, and why.
type Refused struct {
	head
	N       uint32 `cbor:"n"`
	Action  uint32 `cbor:"action,omitempty"`
	Code    string `cbor:"code"`
	Message string `cbor:"message"`
}

// Restart asks for an ICE restart by the server's next offer.
type Restart struct{ head }

// State tells which of its sources a member has switched off itself.
type State struct {
	head
	Off []string `cbor:"off"`
}

// View tells which streams ("member/source") a client does not show, and so need not be sent.
type View struct {
	head
	Hidden []string `cbor:"hidden"`
}

// Act is a media action. From a client, Member and Principal are absent.
type Act struct {
	head
	Member    string          `cbor:"member,omitempty"`
	Principal string          `cbor:"principal,omitempty"`
	Action    uint32          `cbor:"action"` // from 1, per member
	At        int64           `cbor:"at"`     // µs since the epoch, by the server's clock
	RTP       *uint32         `cbor:"rtp,omitempty"`
	Value     cbor.RawMessage `cbor:"value,omitempty"` // one CBOR item
}

// People is the whole list of who is in the room.
type People struct {
	head
	People []Person `cbor:"people"`
}

// Person is a member as others see it.
type Person struct {
	Member    string   `cbor:"member"`
	Principal string   `cbor:"principal"`
	Name      string   `cbor:"name"`
	Sources   []Source `cbor:"sources"`
	Since     int64    `cbor:"since"` // µs since the epoch
}

// Source is something a member publishes. Off is the member's own wish, Muted the host's.
type Source struct {
	Name  string `cbor:"source"`
	Off   bool   `cbor:"off"`
	Muted bool   `cbor:"muted"`
}

// Levels are how loud members are, and who speaks (empty: nobody).
type Levels struct {
	head
	Levels []Level `cbor:"levels"`
	Active string  `cbor:"active"`
}

// Level is the loudness of a member in −dBov (RFC 6464): 0 is the loudest, 127 silence.
type Level struct {
	_      struct{} `cbor:",toarray"`
	Member string
	Level  uint8
}

// May tells a member its rights: "publish", "share", "act".
type May struct {
	head
	May []string `cbor:"may"`
}

// Mode tells how the room is shown: "gallery", "cutout" or "heads".
type Mode struct {
	head
	Mode string `cbor:"mode"`
}

// Hello is the payload with which a client opens a call. It has no "t".
type Hello struct {
	Name  string `cbor:"name"` // shown to others, at most MaxName bytes
	Watch bool   `cbor:"watch,omitempty"`
}

// Opened is the payload of the answer to Hello. It has no "t".
type Opened struct {
	ICE    []ICEServer `cbor:"ice"`
	People []Person    `cbor:"people"`
	Mode   string      `cbor:"mode"`
	Me     string      `cbor:"me"`
	Now    int64       `cbor:"now"` // µs since the epoch
	May    []string    `cbor:"may"`
}

// ICEServer is a STUN or TURN server as browsers configure it.
type ICEServer struct {
	URLs       []string `cbor:"urls"`
	Username   string   `cbor:"username,omitempty"`
	Credential string   `cbor:"credential,omitempty"`
}

func (s Offer) tagged() any     { s.T = "offer"; return s }
func (s Answer) tagged() any    { s.T = "answer"; return s }
func (s Candidate) tagged() any { s.T = "candidate"; return s }
func (s Refused) tagged() any   { s.T = "refused"; return s }
func (s Restart) tagged() any   { s.T = "restart"; return s }
func (s State) tagged() any     { s.T = "state"; return s }
func (s View) tagged() any      { s.T = "view"; return s }
func (s Act) tagged() any       { s.T = "act"; return s }
func (s People) tagged() any    { s.T = "people"; return s }
func (s Levels) tagged() any    { s.T = "levels"; return s }
func (s May) tagged() any       { s.T = "may"; return s }
func (s Mode) tagged() any      { s.T = "mode"; return s }

// refused makes the error of a signal that is not as it should be.
func refused(message string) *wire.Error { return wire.Err(wire.BadRequest, message) }
