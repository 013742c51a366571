package wire

import "github.com/wabgo/wab/internal/cbor"

// Hello is a client's first frame.
type Hello struct {
	Version uint64
	Token   string // empty if the upgrade request bore one
	Client  string // free text for the server's log
}

// Append appends the frame to dst.
func (f Hello) Append(dst []byte) []byte {
	dst = appendHead(dst, 4, KindHello)
	dst = appendUint(dst, f.Version)
	return appendText(appendText(dst, f.Token), f.Client)
}

// ParseHello reads a hello.
func ParseHello(b []byte) (Hello, error) {
	r := open(b, KindHello, 3)
	f := Hello{Version: r.uint(), Token: r.text(MaxToken), Client: r.text(MaxClient)}
	return f, r.close()
}

// Open asks for a channel: a session with a CA, new or resumed.
type Open struct {
	Ch      uint32
	CA      string // app:owner/local
	Session string // the session's name, a label
	Run     string // 16 to 64 visible ASCII bytes
	Stamp   int64  // µs by the server's clock, 0 at first
	Seen    uint64 // the last note that arrived in this run
	Keep    uint32 // notes to hold while away or slow; 0 means DefaultKeep
}

// Append appends the frame to dst.
func (f Open) Append(dst []byte) []byte {
	dst = appendHead(dst, 8, KindOpen)
	dst = appendUint(dst, uint64(f.Ch))
	dst = appendText(appendText(appendText(dst, f.CA), f.Session), f.Run)
	dst = appendInt(dst, f.Stamp)
	return appendUint(appendUint(dst, f.Seen), uint64(f.Keep))
}

// ParseOpen reads an open. It checks the run; the names are the receiver's to check.
func ParseOpen(b []byte) (Open, error) {
	r := open(b, KindOpen, 7)
	f := Open{
		Ch: r.uint32(), CA: r.text(MaxCA), Session: r.text(MaxSession), Run: r.text(MaxRun),
		Stamp: r.int(), Seen: r.uint(), Keep: r.uint32(),
	}
	if r.err == nil && r.r.Err() == nil && !validRun(f.Run) {
		r.fail("A run has 16 to 64 visible ASCII characters.")
	}
	return f, r.close()
}

func validRun(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return len(s) >= MinRun
}

// Request calls a method.
type Request struct {
	Ch     uint32
	ID     uint64 // from 1, rising in the run
	Floor  uint64 // every ID below it is answered and seen
	Retry  bool   // this ID may have been sent before
	Method string
	Args   []byte // one CBOR array; nil is the empty one
}

// Append appends the frame to dst.
func (f Request) Append(dst []byte) []byte {
	dst = appendHead(dst, 7, KindRequest)
	dst = appendUint(appendUint(appendUint(dst, uint64(f.Ch)), f.ID), f.Floor)
	dst = appendText(appendBool(dst, f.Retry), f.Method)
	return appendRaw(dst, f.Args, emptyArray)
}

// ParseRequest reads a request. Args alias b.
func ParseRequest(b []byte) (Request, error) {
	r := open(b, KindRequest, 6)
	f := Request{
		Ch: r.uint32(), ID: r.uint(), Floor: r.uint(), Retry: r.bool(), Method: r.text(MaxMethod), Args: r.raw(),
	}
	switch {
	case r.err != nil || r.r.Err() != nil:
	case f.ID == 0:
		r.fail("A request's id begins at 1.")
	case f.Method == "":
		r.fail("A request names a method.")
	case cbor.KindOf(f.Args) != cbor.KindArray:
		r.fail("A request's arguments are an array.")
	}
	return f, r.close()
}

// Seen acknowledges notes.
type Seen struct {
	Ch  uint32
	Seq uint64
}

// Append appends the frame to dst.
func (f Seen) Append(dst []byte) []byte {
	return appendUint(appendUint(appendHead(dst, 3, KindSeen), uint64(f.Ch)), f.Seq)
}

// ParseSeen reads a seen.
func ParseSeen(b []byte) (Seen, error) {
	r := open(b, KindSeen, 2)
	f := Seen{Ch: r.uint32(), Seq: r.uint()}
	return f, r.close()
}

// Close ends a session for good.
type Close struct{ Ch uint32 }

// Append appends the frame to dst.
func (f Close) Append(dst []byte) []byte {
	return appendUint(appendHead(dst, 2, KindClose), uint64(f.Ch))
}

// ParseClose reads a close.
func ParseClose(b []byte) (Close, error) {
	r := open(b, KindClose, 1)
	f := Close{Ch: r.uint32()}
	return f, r.close()
}

// Ping asks for the server's time, and shows that the client lives.
type Ping struct{ T int64 } // µs by the client's clock

// Append appends the frame to dst.
func (f Ping) Append(dst []byte) []byte { return appendInt(appendHead(dst, 2, KindPing), f.T) }

// ParsePing reads a ping.
func ParsePing(b []byte) (Ping, error) {
	r := open(b, KindPing, 1)
	f := Ping{T: r.int()}
	return f, r.close()
}

// Auth renews the connection's token.
type Auth struct{ Token string }

// Append appends the frame to dst.
func (f Auth) Append(dst []byte) []byte { return appendText(appendHead(dst, 2, KindAuth), f.Token) }

// ParseAuth reads an auth.
func ParseAuth(b []byte) (Auth, error) {
	r := open(b, KindAuth, 1)
	f := Auth{Token: r.text(MaxToken)}
	return f, r.close()
}
