package wire

import (
	"strings"

	"github.com/wabgo/wab/internal/cbor"
)

const (
	emptyArray = "\x80"
	emptyMap   = "\xa0"
	null       = cbor.Null
)

// Kind tells a frame's kind without reading the rest; 0 if it is no frame.
func Kind(b []byte) uint64 {
	r := cbor.NewReader(b)
	if r.Array() < 1 {
		return 0
	}
	return r.Uint()
}

// Check tells whether b is a frame: an array that begins with a kind, whole and deterministic. Features check theirs with it.
func Check(b []byte) error {
	if Kind(b) == 0 || cbor.Check(b) != nil {
		return Err(BadRequest, "The frame is malformed.")
	}
	return nil
}

func appendHead(dst []byte, n int, kind uint64) []byte {
	return cbor.AppendUint(cbor.AppendArrayHeader(dst, n), kind)
}

func appendUint(dst []byte, v uint64) []byte { return cbor.AppendUint(dst, v) }
func appendInt(dst []byte, v int64) []byte   { return cbor.AppendInt(dst, v) }
func appendBool(dst []byte, v bool) []byte   { return cbor.AppendBool(dst, v) }
func appendText(dst []byte, v string) []byte { return cbor.AppendText(dst, v) }

func appendRaw(dst, v []byte, missing string) []byte {
	if len(v) == 0 {
		return append(dst, missing...)
	}
	return append(dst, v...)
}

// clip keeps texts of the server within what decoders take.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") // the last rune may be cut
}

// A reader reads the elements of one frame. Its first failure stays.
type reader struct {
	r     cbor.Reader
	extra int
	err   *Error
}

// open begins a frame of a kind with at least n further elements.
func open(b []byte, kind uint64, n int) reader {
	r := reader{r: cbor.NewReader(b)}
	r.extra = r.r.Array() - 1 - n
	if got := r.r.Uint(); r.r.Err() != nil || got != kind || r.extra < 0 {
		r.fail("The frame is malformed or has too few elements.")
	}
	return r
}

// close passes over elements that this version does not know.
func (r *reader) close() error {
	for ; r.err == nil && r.extra > 0; r.extra-- {
		r.r.Skip()
	}
	if r.err == nil && r.r.Done() != nil {
		r.fail("The frame is malformed.")
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = Err(BadRequest, why)
	}
}

func (r *reader) uint() uint64   { return r.r.Uint() }
func (r *reader) uint32() uint32 { return r.r.Uint32() }
func (r *reader) int() int64     { return r.r.Int() }
func (r *reader) bool() bool     { return r.r.Bool() }

func (r *reader) text(limit int) string {
	s := r.r.TextBytes()
	if len(s) > limit {
		r.fail("A text in the frame is too long.")
		return ""
	}
	return string(s)
}

func (r *reader) raw() []byte {
	b := r.r.Raw()
	if r.r.Err() != nil {
		r.fail("The frame is malformed.")
	}
	return b
}
