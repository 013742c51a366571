package wire

// Welcome answers hello and auth.
type Welcome struct {
	Version     uint64
	Build       string
	Owner       string
	Now         int64  // µs by the server's clock
	Expires     int64  // µs by the server's clock, 0 never
	MaxFrame    uint32 // bytes
	MaxInflight uint32 // requests a channel
}

// Append appends the frame to dst.
func (f Welcome) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 8, KindWelcome), f.Version)
	dst = appendText(appendText(dst, f.Build), f.Owner)
	dst = appendInt(appendInt(dst, f.Now), f.Expires)
	return appendUint(appendUint(dst, uint64(f.MaxFrame)), uint64(f.MaxInflight))
}

// ParseWelcome reads a welcome.
func ParseWelcome(b []byte) (Welcome, error) {
	r := open(b, KindWelcome, 7)
	f := Welcome{
		Version: r.uint(), Build: r.text(maxText), Owner: r.text(MaxCA),
		Now: r.int(), Expires: r.int(), MaxFrame: r.uint32(), MaxInflight: r.uint32(),
	}
	return f, r.close()
}

// Opened answers open.
type Opened struct {
	Ch      uint32
	Resumed bool  // the server still held this run's notes
	Now     int64 // µs by the server's clock
}

// Append appends the frame to dst.
func (f Opened) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 4, KindOpened), uint64(f.Ch))
	return appendInt(appendBool(dst, f.Resumed), f.Now)
}

// ParseOpened reads an opened.
func ParseOpened(b []byte) (Opened, error) {
	r := open(b, KindOpened, 3)
	f := Opened{Ch: r.uint32(), Resumed: r.bool(), Now: r.int()}
	return f, r.close()
}

// Reply is a request's result.
type Reply struct {
	Ch     uint32
	ID     uint64
	Result []byte // one CBOR item; nil is null
}

// Append appends the frame to dst.
func (f Reply) Append(dst []byte) []byte {
	dst = appendUint(appendUint(appendHead(dst, 4, KindReply), uint64(f.Ch)), f.ID)
	return appendRaw(dst, f.Result, null)
}

// ParseReply reads a reply. Result aliases b.
func ParseReply(b []byte) (Reply, error) {
	r := open(b, KindReply, 3)
	f := Reply{Ch: r.uint32(), ID: r.uint(), Result: r.raw()}
	return f, r.close()
}

// Failure is a request's error, or with ID 0 the end of a channel.
type Failure struct {
	Ch  uint32
	ID  uint64
	Err Error
}

// Append appends the frame to dst.
func (f Failure) Append(dst []byte) []byte {
	dst = appendUint(appendUint(appendHead(dst, 6, KindError), uint64(f.Ch)), f.ID)
	dst = appendText(appendText(dst, string(f.Err.Code)), clip(f.Err.Message))
	return appendInt(dst, f.Err.RetryAfter)
}

// ParseFailure reads an error frame.
func ParseFailure(b []byte) (Failure, error) {
	r := open(b, KindError, 5)
	f := Failure{Ch: r.uint32(), ID: r.uint(), Err: Error{Code: Code(r.text(maxText)), Message: r.text(maxText), RetryAfter: r.int()}}
	return f, r.close()
}

// Note is a notification to a session.
type Note struct {
	Ch      uint32
	Seq     uint64 // rising in the session, from 1
	Dropped uint64 // notes lost just before this one
	Value   []byte // one CBOR item; nil is null
}

// Append appends the frame to dst.
func (f Note) Append(dst []byte) []byte {
	dst = appendUint(appendUint(appendHead(dst, 5, KindNote), uint64(f.Ch)), f.Seq)
	return appendRaw(appendUint(dst, f.Dropped), f.Value, null)
}

// ParseNote reads a note. Value aliases b.
func ParseNote(b []byte) (Note, error) {
	r := open(b, KindNote, 4)
	f := Note{Ch: r.uint32(), Seq: r.uint(), Dropped: r.uint(), Value: r.raw()}
	return f, r.close()
}

// Pong answers ping.
type Pong struct {
	T        int64 // the ping's
	Received int64 // µs by the server's clock
	Now      int64 // µs by the server's clock
}

// Append appends the frame to dst.
func (f Pong) Append(dst []byte) []byte {
	return appendInt(appendInt(appendInt(appendHead(dst, 4, KindPong), f.T), f.Received), f.Now)
}

// ParsePong reads a pong.
func ParsePong(b []byte) (Pong, error) {
	r := open(b, KindPong, 3)
	f := Pong{T: r.int(), Received: r.int(), Now: r.int()}
	return f, r.close()
}

// Bye is the server's last frame.
type Bye struct {
	Code           Code
	Message        string
	ReconnectAfter int64 // ms; -1: not without a change
}

// Append appends the frame to dst.
func (f Bye) Append(dst []byte) []byte {
	dst = appendText(appendHead(dst, 4, KindBye), string(f.Code))
	return appendInt(appendText(dst, clip(f.Message)), f.ReconnectAfter)
}

// ParseBye reads a bye.
func ParseBye(b []byte) (Bye, error) {
	r := open(b, KindBye, 3)
	f := Bye{Code: Code(r.text(maxText)), Message: r.text(maxText), ReconnectAfter: r.int()}
	return f, r.close()
}
