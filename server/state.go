package server

import (
	std "encoding"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// stateOf lists the fields that hold a CA's state, those of embedded structs by themselves: what is not state stays as it is when the state is taken back.
func stateOf(t reflect.Type, at []int) (fields [][]int) {
	for f := range t.Fields() {
		index := append(at[:len(at):len(at)], f.Index...)
		switch {
		case !travels(f):
		case embedded(f):
			fields = append(fields, stateOf(f.Type, index)...)
		default:
			fields = append(fields, index)
		}
	}
	return fields
}

var ownEncodings = []reflect.Type{
	reflect.TypeFor[cbor.Marshaler](), reflect.TypeFor[std.BinaryMarshaler](), reflect.TypeFor[std.TextMarshaler](),
}

// doubtful tells whether values of a type may be encoded as what can't be decoded: instants beyond the year 9999, anything, and what encodes itself.
func doubtful(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if t.Kind() == reflect.Interface || encodesItself(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return doubtful(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if travels(f) && doubtful(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// encodesItself holds for instants too.
func encodesItself(t reflect.Type) bool {
	for _, own := range ownEncodings {
		if t.Implements(own) || reflect.PointerTo(t).Implements(own) {
			return true
		}
	}
	return false
}
