package cbor

import (
	"math"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and maps may nest: an array of an integer is one deep.
const MaxDepth = 32

// Check tells whether b is one item of the subset, in its one encoding, with nothing after it. Errors are *Error.
func Check(b []byte) error {
	s := scanner{b: b}
	s.item(0)
	if s.code == 0 && s.at < len(b) {
		s.stop(Trailing, s.at)
	}
	return s.err()
}

// A scanner walks over items. After a failure it stays where it is, and code says why.
type scanner struct {
	b    []byte
	at   int
	code Code
}

func (s *scanner) err() error {
	if s.code == 0 {
		return nil
	}
	return &Error{Code: s.code, At: s.at}
}

func (s *scanner) stop(code Code, at int) {
	if s.code == 0 {
		s.code, s.at = code, at
	}
}

// head reads an item's head: its first byte, and the number behind it. It moves on only if both are sound. Arrays, maps and strings
// are refused right here if the input is too short for what they claim.
func (s *scanner) head() (first byte, arg uint64) {
	if s.code != 0 {
		return 0, 0
	}
	if s.at >= len(s.b) {
		s.code = Truncated
		return 0, 0
	}
	first = s.b[s.at]
	info := first & 31
	if info < 24 {
		arg = uint64(info)
		if bad := headFlaw(first, arg, len(s.b)-s.at-1); bad != 0 {
			s.code = bad
			return 0, 0
		}
		s.at++
		return first, arg
	}
	return s.longHead(first, info)
}

func (s *scanner) longHead(first, info byte) (byte, uint64) {
	if info > 27 {
		s.code = Unsupported
		return 0, 0
	}
	size := 1 << (info - 24)
	left := len(s.b) - s.at - 1 - size
	if left < 0 {
		s.code = Truncated
		return 0, 0
	}
	var arg uint64
	for _, c := range s.b[s.at+1 : s.at+1+size] {
		arg = arg<<8 | uint64(c)
	}
	if first < majorSimple && arg < leastArg[info-24] {
		s.code = NotShortest
		return 0, 0
	}
	if bad := headFlaw(first, arg, left); bad != 0 {
		s.code = bad
		return 0, 0
	}
	s.at += 1 + size
	return first, arg
}

// leastArg is the least number that needs a head of 1, 2, 4, 8 further bytes.
var leastArg = [4]uint64{24, 1 << 8, 1 << 16, 1 << 32}

// headFlaw judges a head, given how many bytes are left behind it.
func headFlaw(first byte, arg uint64, left int) Code {
	switch first & 0xe0 {
	case majorUint:
		return 0
	case majorNint:
		if arg > math.MaxInt64 {
			return OutOfRange
		}
	case majorBytes, majorText, majorArray: // an array's items take a byte each, or more
		if arg > uint64(left) {
			return Truncated
		}
	case majorMap:
		if arg > uint64(left)/2 {
			return Truncated
		}
	case majorTag:
		return Unsupported
	default:
		return simpleFlaw(first, arg)
	}
	return 0
}

func simpleFlaw(first byte, arg uint64) Code {
	switch first {
	case simpleFalse, simpleTrue, simpleNull:
		return 0
	case simpleHalf, simpleSingle, simpleDouble:
		return floatFlaw(first, arg)
	}
	return Unsupported
}

// floatFlaw refuses a float that AppendFloat would have written otherwise.
func floatFlaw(first byte, arg uint64) Code {
	if first == simpleHalf {
		if arg&0x7c00 == 0x7c00 && arg&0x3ff != 0 && arg != 0x7e00 {
			return NotShortest
		}
		return 0
	}
	v := floatOf(first, arg)
	if v != v {
		return NotShortest
	}
	single := float32(v)
	if float64(single) != v {
		return 0
	}
	if _, exact := toHalf(math.Float32bits(single)); exact || first == simpleDouble {
		return NotShortest
	}
	return 0
}

func floatOf(first byte, arg uint64) float64 {
	switch first {
	case simpleHalf:
		return fromHalf(uint16(arg))
	case simpleSingle:
		return float64(math.Float32frombits(uint32(arg)))
	}
	return math.Float64frombits(arg)
}

// brief walks over what most items are, a number of up to two bytes or a short ASCII text, in one go: WebAssembly pays for every call.
// It reports false, and moves nothing, for all else, and so for whatever is wrong.
func (s *scanner) brief() bool {
	b, at := s.b, s.at
	if s.code != 0 || at >= len(b) {
		return false
	}
	first := b[at]
	if first >= majorText && first < majorText+24 {
		end := at + 1 + int(first-majorText)
		if end > len(b) {
			return false
		}
		var high byte
		for _, c := range b[at+1 : end] {
			high |= c
		}
		if high < utf8.RuneSelf {
			s.at = end
		}
		return high < utf8.RuneSelf
	}
	switch {
	case first < 24:
		s.at = at + 1
	case first == 24 && at+1 < len(b) && b[at+1] >= 24:
		s.at = at + 2
	case first == 25 && at+2 < len(b) && b[at+1] > 0:
		s.at = at + 3
	default:
		return false
	}
	return true
}

// item walks over one whole item that lies depth deep.
func (s *scanner) item(depth int) {
	if !s.brief() {
		s.any(depth)
	}
}

// any walks over an item of any kind.
func (s *scanner) any(depth int) {
	start := s.at
	first, arg := s.head()
	if s.code != 0 {
		return
	}
	switch first & 0xe0 {
	case majorBytes:
		s.at += int(arg)
	case majorText:
		s.text(start, int(arg))
	case majorArray, majorMap:
		if depth == MaxDepth {
			s.stop(TooDeep, start)
			return
		}
		if first&0xe0 == majorMap {
			s.pairs(arg, depth+1)
			return
		}
		for ; arg > 0 && s.code == 0; arg-- {
			s.item(depth + 1)
		}
	}
}

func (s *scanner) text(start, n int) {
	end := s.at + n
	if !utf8.Valid(s.b[s.at:end]) {
		s.stop(NotUTF8, start)
		return
	}
	s.at = end
}

func (s *scanner) pairs(n uint64, depth int) {
	var last Raw
	for ; n > 0 && s.code == 0; n-- {
		last = s.key(last)
		s.item(depth)
	}
}

// key walks over a map's key, which must come after the last one.
func (s *scanner) key(last Raw) Raw {
	start := s.at
	if start < len(s.b) && !isKey(s.b[start]) {
		s.stop(BadKey, start)
		return nil
	}
	s.item(MaxDepth)
	if s.code != 0 {
		return nil
	}
	key := Raw(s.b[start:s.at])
	if last != nil && string(last) >= string(key) {
		code := Unsorted
		if Equal(last, key) {
			code = Duplicate
		}
		s.stop(code, start)
	}
	return key
}

func isKey(first byte) bool {
	major := first & 0xe0
	return major == majorUint || major == majorNint || major == majorText
}
