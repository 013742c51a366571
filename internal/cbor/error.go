package cbor

import "strconv"

// Code says what is wrong with an encoding.
type Code uint8

// The codes of an Error.
const (
	Truncated   Code = iota + 1 // the input ends within an item, or a header claims more than is there
	Trailing                    // there is more after the item
	NotShortest                 // a number, a length or a float takes more bytes than it needs
	NotUTF8                     // text that is not valid UTF-8
	Unsupported                 // tags, undefined, other simple values, indefinite lengths
	Unsorted                    // a map's keys are out of order
	Duplicate                   // a map's key comes twice
	BadKey                      // a map's key is neither text nor an integer
	OutOfRange                  // an integer does not fit what it is read into
	TooDeep                     // arrays and maps nest deeper than MaxDepth
	WrongKind                   // the item is of another kind than was asked for
)

var reasons = [...]string{
	Truncated:   "the input ends too early",
	Trailing:    "there is more after the end",
	NotShortest: "a shorter encoding exists",
	NotUTF8:     "text is not valid UTF-8",
	Unsupported: "the subset has no such item",
	Unsorted:    "keys of a map are out of order",
	Duplicate:   "a key of a map comes twice",
	BadKey:      "a map's key is neither text nor an integer",
	OutOfRange:  "a number is out of range",
	TooDeep:     "arrays and maps nest too deep",
	WrongKind:   "the item is of another kind",
}

func (c Code) String() string {
	if int(c) < len(reasons) && c > 0 {
		return reasons[c]
	}
	return "code " + strconv.Itoa(int(c))
}

// Error tells why bytes are not an encoding of the subset, or not the one that was asked for.
type Error struct {
	Code Code
	At   int // the byte where the item in question begins
}

func (e *Error) Error() string {
	return "cbor: " + e.Code.String() + " (at byte " + strconv.Itoa(e.At) + ")"
}
