package wire

import "github.com/wabgo/wab/internal/cbor"

// Kinds of the frames of SharedMaps and of presence in them.
const (
	KindMapOpen     = 64
	KindMapClose    = 65
	KindSetPresence = 66

	KindMapOpened = 80
	KindMapPart   = 81
	KindMapDelta  = 82
	KindMapEnd    = 83
	KindPresence  = 84
)

// MaxPresence is the limit of what one seat shows in a map, in bytes.
const MaxPresence = 1024

// MaxSeats is how many a subscription may show at a time: the tabs of a browser share one.
const MaxSeats = 64

// MapOpen subscribes to a map, or starts a subscription over.
type MapOpen struct {
	Sub     uint32 // the client's number, from 1
	Map     string // app:owner/local/map
	Epoch   uint64 // what the client's replica holds; 0 nothing
	Version uint64
	More    bool // another map of the same writer is opened next: they go on together
}

// Append appends the frame to dst.
func (f MapOpen) Append(dst []byte) []byte {
	n := 5
	if f.More {
		n = 6
	}
	dst = appendUint(appendHead(dst, n, KindMapOpen), uint64(f.Sub))
	dst = appendUint(appendUint(appendText(dst, f.Map), f.Epoch), f.Version)
	if f.More {
		dst = appendBool(dst, true)
	}
	return dst
}

// ParseMapOpen reads a map-open. The name is the receiver's to check.
func ParseMapOpen(b []byte) (MapOpen, error) {
	r := open(b, KindMapOpen, 4)
	f := MapOpen{Sub: r.sub(), Map: r.text(MaxCA), Epoch: r.uint(), Version: r.uint(), More: r.option()}
	return f, r.close()
}

// MapClose ends a subscription.
type MapClose struct{ Sub uint32 }

// Append appends the frame to dst.
func (f MapClose) Append(dst []byte) []byte {
	return appendUint(appendHead(dst, 2, KindMapClose), uint64(f.Sub))
}

// ParseMapClose reads a map-close.
func ParseMapClose(b []byte) (MapClose, error) {
	r := open(b, KindMapClose, 1)
	f := MapClose{Sub: r.sub()}
	return f, r.close()
}

// SetPresence says what a seat of the client shows of itself to the others in a map.
type SetPresence struct {
	Sub   uint32
	Value []byte // one CBOR item of at most MaxPresence bytes; nil is null, which withdraws it
	Seat  uint32 // below MaxSeats
}

// Append appends the frame to dst.
func (f SetPresence) Append(dst []byte) []byte {
	n := 3
	if f.Seat != 0 {
		n = 4
	}
	dst = appendRaw(appendUint(appendHead(dst, n, KindSetPresence), uint64(f.Sub)), f.Value, null)
	if f.Seat != 0 {
		dst = appendUint(dst, uint64(f.Seat))
	}
	return dst
}

// ParseSetPresence reads a set-presence. Value aliases b.
func ParseSetPresence(b []byte) (SetPresence, error) {
	r := open(b, KindSetPresence, 2)
	f := SetPresence{Sub: r.sub(), Value: r.raw()}
	if r.extra > 0 {
		r.extra--
		f.Seat = r.uint32()
	}
	switch {
	case len(f.Value) > MaxPresence:
		r.fail("What you show of yourself in a map has at most 1,024 bytes.")
	case f.Seat >= MaxSeats:
		r.fail("A subscription has 64 seats to show something from.")
	}
	return f, r.close()
}

// MapOpened answers map-open.
type MapOpened struct {
	Sub      uint32
	ID       uint64 // the map's number in frames that are shared between receivers; it means something on this connection only
	Who      uint64 // the number of this subscriber's seat 0 in presence; the others follow it
	Epoch    uint64
	Version  uint64 // the map's newest
	From     uint64 // without a snapshot: the client's version, which holds
	Snapshot bool   // parts follow
}

// Append appends the frame to dst.
func (f MapOpened) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 8, KindMapOpened), uint64(f.Sub))
	dst = appendUint(appendUint(dst, f.ID), f.Who)
	dst = appendUint(appendUint(appendUint(dst, f.Epoch), f.Version), f.From)
	return appendBool(dst, f.Snapshot)
}

// ParseMapOpened reads a map-opened.
func ParseMapOpened(b []byte) (MapOpened, error) {
	r := open(b, KindMapOpened, 7)
	f := MapOpened{
		Sub: r.sub(), ID: r.uint(), Who: r.uint(), Epoch: r.uint(), Version: r.uint(), From: r.uint(), Snapshot: r.bool(),
	}
	return f, r.close()
}

// MapPart is a part of a snapshot of one version.
type MapPart struct {
	Sub     uint32
	Epoch   uint64
	Version uint64
	Last    bool
	Entries []byte // one CBOR map, key → value; nil is the empty one
}

// Append appends the frame to dst.
func (f MapPart) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 6, KindMapPart), uint64(f.Sub))
	dst = appendBool(appendUint(appendUint(dst, f.Epoch), f.Version), f.Last)
	return appendRaw(dst, f.Entries, emptyMap)
}

// ParseMapPart reads a map-part. Entries alias b.
func ParseMapPart(b []byte) (MapPart, error) {
	r := open(b, KindMapPart, 5)
	f := MapPart{Sub: r.sub(), Epoch: r.uint(), Version: r.uint(), Last: r.bool(), Entries: r.rawOf(cbor.KindMap)}
	return f, r.close()
}

// MapDelta carries changes of one or more maps of one writer, which apply together.
type MapDelta struct {
	Deltas []byte // one CBOR array of [id, epoch, from, to, sets map, deletes array]; package sharedmap reads its elements
}

// AppendMapDelta begins a map-delta of n elements, which the caller appends.
func AppendMapDelta(dst []byte, n int) []byte {
	return cbor.AppendArrayHeader(appendHead(dst, 2, KindMapDelta), n)
}

// Append appends the frame to dst.
func (f MapDelta) Append(dst []byte) []byte {
	return appendRaw(appendHead(dst, 2, KindMapDelta), f.Deltas, emptyArray)
}

// ParseMapDelta reads a map-delta. Deltas alias b.
func ParseMapDelta(b []byte) (MapDelta, error) {
	r := open(b, KindMapDelta, 1)
	f := MapDelta{Deltas: r.rawOf(cbor.KindArray)}
	return f, r.close()
}

// MapEnd refuses a subscription, or ends it. After unavailable, overloaded and quota the client asks again and keeps its replica; any
// other code is final, and the replica is erased.
type MapEnd struct {
	Sub uint32
	Err Error
}

// Append appends the frame to dst.
func (f MapEnd) Append(dst []byte) []byte { return appendEnd(dst, KindMapEnd, f.Sub, f.Err) }

// ParseMapEnd reads a map-end.
func ParseMapEnd(b []byte) (MapEnd, error) {
	sub, reason, err := parseEnd(b, KindMapEnd)
	return MapEnd{sub, reason}, err
}

// appendEnd and parseEnd write and read the end of a subscription, whatever to.
func appendEnd(dst []byte, kind uint64, sub uint32, reason Error) []byte {
	dst = appendUint(appendHead(dst, 5, kind), uint64(sub))
	dst = appendText(appendText(dst, string(reason.Code)), clip(reason.Message))
	return appendInt(dst, reason.RetryAfter)
}

func parseEnd(b []byte, kind uint64) (sub uint32, reason Error, err error) {
	r := open(b, kind, 4)
	sub, reason = r.sub(), Error{Code: Code(r.text(maxText)), Message: r.text(maxText), RetryAfter: r.int()}
	return sub, reason, r.close()
}

// Presence tells who is in a map.
type Presence struct {
	ID      uint64 // the map's number
	Reset   bool   // forget what was told before
	Changed []byte // one CBOR array of [who uint, owner text, value raw]; nil is the empty one
	Gone    []byte // one CBOR array of who uint; nil is the empty one
}

// Append appends the frame to dst.
func (f Presence) Append(dst []byte) []byte {
	dst = appendBool(appendUint(appendHead(dst, 5, KindPresence), f.ID), f.Reset)
	return appendRaw(appendRaw(dst, f.Changed, emptyArray), f.Gone, emptyArray)
}

// ParsePresence reads a presence. Changed and Gone alias b.
func ParsePresence(b []byte) (Presence, error) {
	r := open(b, KindPresence, 4)
	f := Presence{ID: r.uint(), Reset: r.bool(), Changed: r.rawOf(cbor.KindArray), Gone: r.rawOf(cbor.KindArray)}
	return f, r.close()
}

// sub reads a subscription's number.
func (r *reader) sub() uint32 {
	n := r.uint32()
	if n == 0 && r.r.Err() == nil {
		r.fail("A subscription's number begins at 1.")
	}
	return n
}

// option reads a last element that is there only if it is true.
func (r *reader) option() bool {
	if r.extra == 0 {
		return false
	}
	r.extra--
	return r.bool()
}

// rawOf reads an item of one kind as it is.
func (r *reader) rawOf(kind cbor.Kind) []byte {
	b := r.raw()
	if r.err == nil && cbor.KindOf(b) != kind {
		r.fail("The frame is malformed.")
	}
	return b
}
