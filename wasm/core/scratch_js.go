package main

import "unsafe"

// input is where JavaScript writes before it calls an export.
var input []byte

// smallest is what the scratch buffer never goes below; largest what it keeps after a rare large message.
const (
	smallest = 16 << 10
	largest  = 1 << 20
)

//go:wasmexport scratch
func scratch(n int32) unsafe.Pointer {
	if int(n) > len(input) || len(input) > largest {
		input = make([]byte, max(int(n), smallest))
	}
	return unsafe.Pointer(unsafe.SliceData(input))
}

// reader takes texts from the scratch buffer, one after the other.
type reader struct{ at int }

// bytes aliases the buffer: it is valid until scratch is called again.
func (r *reader) bytes(n int32) []byte {
	b := input[r.at : r.at+int(n) : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) text(n int32) string { return string(r.bytes(n)) }

// keep is a copy of what is in the buffer.
func (r *reader) keep(n int32) []byte { return append([]byte(nil), r.bytes(n)...) }
