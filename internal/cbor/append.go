package cbor

import (
	"math"
	"unicode/utf8"
)

// Major types, in the upper three bits of an item's first byte.
const (
	majorUint = iota << 5
	majorNint
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// First bytes of items of the last major type.
const (
	simpleFalse  = majorSimple | 20
	simpleTrue   = majorSimple | 21
	simpleNull   = majorSimple | 22
	simpleHalf   = majorSimple | 25
	simpleSingle = majorSimple | 26
	simpleDouble = majorSimple | 27
)

// Raw is one encoded item.
type Raw []byte

// Null is the encoding of null.
const Null = "\xf6"

// AppendNull appends null.
func AppendNull(dst []byte) []byte { return append(dst, simpleNull) }

// AppendBool appends a boolean.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, simpleTrue)
	}
	return append(dst, simpleFalse)
}

// AppendUint appends an integer.
func AppendUint(dst []byte, v uint64) []byte { return appendHead(dst, majorUint, v) }

// AppendInt appends an integer.
func AppendInt(dst []byte, v int64) []byte {
	if v < 0 {
		return appendHead(dst, majorNint, uint64(^v))
	}
	return appendHead(dst, majorUint, uint64(v))
}

// AppendFloat appends a float in the shortest form that is exact. A whole number stays a float.
func AppendFloat(dst []byte, v float64) []byte {
	if v != v {
		return append(dst, simpleHalf, 0x7e, 0)
	}
	single := float32(v)
	if float64(single) != v {
		return append64(append(dst, simpleDouble), math.Float64bits(v))
	}
	if half, exact := toHalf(math.Float32bits(single)); exact {
		return append16(append(dst, simpleHalf), half)
	}
	return append32(append(dst, simpleSingle), math.Float32bits(single))
}

// AppendText appends text. Each byte that is not UTF-8 becomes U+FFFD, so that what is written can be read.
func AppendText(dst []byte, v string) []byte {
	if !utf8.ValidString(v) {
		v = string([]rune(v)) // package strings would weigh on the browser core
	}
	return append(appendHead(dst, majorText, uint64(len(v))), v...)
}

// AppendBytes appends a byte string.
func AppendBytes(dst, v []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(v))), v...)
}

// AppendArrayHeader begins an array; n items must follow.
func AppendArrayHeader(dst []byte, n int) []byte { return appendHead(dst, majorArray, uint64(n)) }

// AppendMapHeader begins a map; n times a key and a value must follow, in the order of CompareKeys. AppendMap puts them in order.
func AppendMapHeader(dst []byte, n int) []byte { return appendHead(dst, majorMap, uint64(n)) }

func appendHead(dst []byte, major byte, v uint64) []byte {
	switch {
	case v < 24:
		return append(dst, major|byte(v))
	case v < 1<<8:
		return append(dst, major|24, byte(v))
	case v < 1<<16:
		return append16(append(dst, major|25), uint16(v))
	case v < 1<<32:
		return append32(append(dst, major|26), uint32(v))
	}
	return append64(append(dst, major|27), v)
}

func append16(dst []byte, v uint16) []byte { return append(dst, byte(v>>8), byte(v)) }
func append32(dst []byte, v uint32) []byte { return append16(append16(dst, uint16(v>>16)), uint16(v)) }
func append64(dst []byte, v uint64) []byte { return append32(append32(dst, uint32(v>>32)), uint32(v)) }
