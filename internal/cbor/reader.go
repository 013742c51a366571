package cbor

import "math"

// Kind says what an item is.
type Kind uint8

// The kinds of items.
const (
	KindNone Kind = iota // at the end, after an error, or not of the subset
	KindNull
	KindBool
	KindUint // an integer from 0
	KindNint // a negative integer
	KindFloat
	KindText
	KindBytes
	KindArray
	KindMap
)

// Reader reads items one after the other. Its first error stays: from then on everything reads as zero, and Err tells what went
// wrong, so that a frame can be decoded without an if at each step. Reading copies and allocates nothing, but for Text.
type Reader struct{ s scanner }

// NewReader reads b.
func NewReader(b []byte) Reader { return Reader{scanner{b: b}} }

// Err is the first error, a *Error, or nil.
func (r *Reader) Err() error { return r.s.err() }

// Done is Err, or an error if something is left.
func (r *Reader) Done() error {
	if r.s.at < len(r.s.b) {
		r.s.stop(Trailing, r.s.at)
	}
	return r.Err()
}

// Rest is what has not been read yet; nothing after an error.
func (r *Reader) Rest() []byte {
	if r.s.code != 0 {
		return nil
	}
	return r.s.b[r.s.at:]
}

// At is how many bytes have been read.
func (r *Reader) At() int { return r.s.at }

// Kind tells what comes next, and reads nothing.
func (r *Reader) Kind() Kind {
	if r.s.code != 0 || r.s.at >= len(r.s.b) {
		return KindNone
	}
	return KindOf(r.s.b[r.s.at:])
}

// KindOf tells what an encoded item is.
func KindOf(b Raw) Kind {
	if len(b) == 0 {
		return KindNone
	}
	switch first := b[0]; first & 0xe0 {
	case majorTag:
		return KindNone
	case majorSimple:
		return simpleKind(first)
	default:
		return [...]Kind{KindUint, KindNint, KindBytes, KindText, KindArray, KindMap}[first>>5]
	}
}

func simpleKind(first byte) Kind {
	switch first {
	case simpleNull:
		return KindNull
	case simpleFalse, simpleTrue:
		return KindBool
	case simpleHalf, simpleSingle, simpleDouble:
		return KindFloat
	}
	return KindNone
}

// want reads the head of an item of one kind.
func (r *Reader) want(k Kind) (first byte, arg uint64) {
	if got := r.Kind(); got != k && got != KindNone {
		r.s.stop(WrongKind, r.s.at)
	}
	return r.s.head()
}

// Null reads a null.
func (r *Reader) Null() { r.want(KindNull) }

// Bool reads a boolean.
func (r *Reader) Bool() bool {
	first, _ := r.want(KindBool)
	return first == simpleTrue
}

// Uint reads an integer from 0.
func (r *Reader) Uint() uint64 {
	if r.Kind() == KindNint {
		r.s.stop(OutOfRange, r.s.at)
	}
	_, arg := r.want(KindUint)
	return arg
}

// Uint32 reads an integer from 0 to 2^32-1.
func (r *Reader) Uint32() uint32 {
	start := r.s.at
	v := r.Uint()
	if v > math.MaxUint32 {
		r.s.stop(OutOfRange, start)
		return 0
	}
	return uint32(v)
}

// Int reads an integer from -2^63 to 2^63-1.
func (r *Reader) Int() int64 {
	start := r.s.at
	if r.Kind() == KindNint {
		_, arg := r.s.head()
		return ^int64(arg)
	}
	_, arg := r.want(KindUint)
	if arg > math.MaxInt64 {
		r.s.stop(OutOfRange, start)
		return 0
	}
	return int64(arg)
}

// Float reads a float.
func (r *Reader) Float() float64 {
	first, arg := r.want(KindFloat)
	if r.s.code != 0 {
		return 0
	}
	return floatOf(first, arg)
}

// Number reads an integer or a float. Integers beyond ±2^53 are rounded.
func (r *Reader) Number() float64 {
	switch r.Kind() {
	case KindUint:
		return float64(r.Uint())
	case KindNint:
		return float64(r.Int())
	}
	return r.Float()
}

// Text reads text, and copies it.
func (r *Reader) Text() string { return string(r.TextBytes()) }

// TextBytes reads text, and shares it with the input.
func (r *Reader) TextBytes() []byte {
	start := r.s.at
	if r.Kind() == KindText && r.s.brief() {
		return r.since(start + 1)
	}
	_, n := r.want(KindText)
	from := r.s.at
	if r.s.code == 0 {
		r.s.text(start, int(n))
	}
	return r.since(from)
}

// Bytes reads a byte string, and shares it with the input.
func (r *Reader) Bytes() []byte {
	_, n := r.want(KindBytes)
	from := r.s.at
	r.s.at += int(n)
	return r.since(from)
}

// Array begins an array and returns how many items follow, never more than the input has bytes left.
func (r *Reader) Array() int {
	_, n := r.want(KindArray)
	return int(n)
}

// Map begins a map and returns how many pairs of key and value follow, never more than half the bytes left.
func (r *Reader) Map() int {
	_, n := r.want(KindMap)
	return int(n)
}

// Raw takes one whole item after checking it, and shares it with the input.
func (r *Reader) Raw() Raw {
	from := r.s.at
	r.s.item(0)
	return Raw(r.since(from))
}

// Skip passes over one whole item, and checks it.
func (r *Reader) Skip() { r.s.item(0) }

// since is what was read from a byte on, capped so that an append to it can't touch what follows.
func (r *Reader) since(from int) []byte {
	if r.s.code != 0 {
		return nil
	}
	return r.s.b[from:r.s.at:r.s.at]
}
