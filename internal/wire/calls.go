package wire

// Kinds of the frames of calls.
const (
	KindCallOpen  = 69
	KindCallSend  = 70
	KindCallClose = 71

	KindCallOpened = 88
	KindCallSignal = 89
	KindCallEnd    = 90
)

// Limits of calls. Sizes are in bytes.
const (
	MaxCalls  = 8         // a connection
	MaxSignal = 256 << 10 // a payload, encoded
	MinMember = 8
	MaxMember = 22
	MaxSecret = 64
)

// CallOpen enters a room, or takes up again what a cut has interrupted.
type CallOpen struct {
	Call    uint32 // the client's number, from 1, apart from those of maps and topics
	Room    string // app:owner/local/room
	Member  string // who we were in there; empty at first
	Secret  string // which shows that; empty with Member
	Payload []byte // one CBOR item: what the room is told of us; nil is null
}

// Append appends the frame to dst.
func (f CallOpen) Append(dst []byte) []byte {
	dst = appendText(appendUint(appendHead(dst, 6, KindCallOpen), uint64(f.Call)), f.Room)
	return appendRaw(appendText(appendText(dst, f.Member), f.Secret), f.Payload, null)
}

// ParseCallOpen reads a call-open. The room's name is the receiver's to check. Payload aliases b.
func ParseCallOpen(b []byte) (CallOpen, error) {
	r := open(b, KindCallOpen, 5)
	f := CallOpen{Call: r.sub(), Room: r.text(MaxCA), Member: r.member(), Secret: r.text(MaxSecret), Payload: r.signal()}
	if (f.Member == "") != (f.Secret == "") {
		r.fail("A member comes back with its secret.")
	}
	return f, r.close()
}

// CallSend says something to the room.
type CallSend struct {
	Call    uint32
	Payload []byte // one CBOR item; nil is null
}

// Append appends the frame to dst.
func (f CallSend) Append(dst []byte) []byte {
	return appendSignal(dst, KindCallSend, f.Call, f.Payload)
}

// ParseCallSend reads a call-signal of a client. Payload aliases b.
func ParseCallSend(b []byte) (CallSend, error) {
	call, payload, err := parseSignal(b, KindCallSend)
	return CallSend{call, payload}, err
}

// CallClose leaves a room.
type CallClose struct{ Call uint32 }

// Append appends the frame to dst.
func (f CallClose) Append(dst []byte) []byte {
	return appendUint(appendHead(dst, 2, KindCallClose), uint64(f.Call))
}

// ParseCallClose reads a call-close.
func ParseCallClose(b []byte) (CallClose, error) {
	r := open(b, KindCallClose, 1)
	f := CallClose{Call: r.sub()}
	return f, r.close()
}

// CallOpened answers call-open: we are in the room.
type CallOpened struct {
	Call    uint32
	Resumed bool   // as the same member as before; nothing that its peers have of it is lost
	Member  string // who we are in there, for everybody to see
	Secret  string // to come back with after a cut
	Payload []byte // one CBOR item: what we are told of the room; nil is null
}

// Append appends the frame to dst.
func (f CallOpened) Append(dst []byte) []byte {
	dst = appendBool(appendUint(appendHead(dst, 6, KindCallOpened), uint64(f.Call)), f.Resumed)
	return appendRaw(appendText(appendText(dst, f.Member), f.Secret), f.Payload, null)
}

// ParseCallOpened reads a call-opened. Payload aliases b.
func ParseCallOpened(b []byte) (CallOpened, error) {
	r := open(b, KindCallOpened, 5)
	f := CallOpened{Call: r.sub(), Resumed: r.bool(), Member: r.member(), Secret: r.text(MaxSecret), Payload: r.signal()}
	if f.Member == "" || f.Secret == "" {
		r.fail("A member of a room has a name and a secret.")
	}
	return f, r.close()
}

// CallSignal is what the room says.
type CallSignal struct {
	Call    uint32
	Payload []byte // one CBOR item; nil is null
}

// Append appends the frame to dst.
func (f CallSignal) Append(dst []byte) []byte {
	return appendSignal(dst, KindCallSignal, f.Call, f.Payload)
}

// ParseCallSignal reads a call-signal of the server. Payload aliases b.
func ParseCallSignal(b []byte) (CallSignal, error) {
	call, payload, err := parseSignal(b, KindCallSignal)
	return CallSignal{call, payload}, err
}

// CallEnd refuses a call, or ends it. After unavailable, overloaded and quota the client asks again; any other code is final.
type CallEnd struct {
	Call uint32
	Err  Error
}

// Append appends the frame to dst.
func (f CallEnd) Append(dst []byte) []byte { return appendEnd(dst, KindCallEnd, f.Call, f.Err) }

// ParseCallEnd reads a call-end.
func ParseCallEnd(b []byte) (CallEnd, error) {
	call, reason, err := parseEnd(b, KindCallEnd)
	return CallEnd{call, reason}, err
}

// appendSignal and parseSignal write and read what is said within a call, whoever says it.
func appendSignal(dst []byte, kind uint64, call uint32, payload []byte) []byte {
	return appendRaw(appendUint(appendHead(dst, 3, kind), uint64(call)), payload, null)
}

func parseSignal(b []byte, kind uint64) (call uint32, payload []byte, err error) {
	r := open(b, kind, 2)
	call, payload = r.sub(), r.signal()
	return call, payload, r.close()
}

// signal reads one payload.
func (r *reader) signal() []byte {
	b := r.raw()
	if len(b) > MaxSignal {
		r.fail("What is said within a call has at most 256 KiB.")
		return nil
	}
	return b
}

// member reads a member's name, or an empty text.
func (r *reader) member() string {
	s := r.text(MaxMember)
	if s != "" && !IsMember(s) {
		r.fail("A member of a room is known by 8 to 22 letters, digits, hyphens and underscores.")
	}
	return s
}

// IsMember tells whether s can be the name of a member of a room: 8 to 22 of A–Z, a–z, 0–9, - and _.
func IsMember(s string) bool {
	if len(s) < MinMember || len(s) > MaxMember {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
