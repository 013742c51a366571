package sharedmap

import (
	"unicode/utf8"

	"github.com/wabgo/wab/internal/wire"
)

// Limits. Sizes are in bytes.
const (
	MaxKey         = 256
	MaxValue       = 256 << 10
	MaxEntries     = 1 << 21 // live ones
	MaxBytes       = 1 << 30 // keys and values of live entries
	MaxChanges     = 100_000 // of one Edit
	MaxChangeBytes = 16 << 20

	keptTombstones = 10_000 // at least; or a quarter of the live entries
)

// MethodMark is the first byte of the keys of methods.
const MethodMark = 0x00

// IsMethod tells whether a key is a method's.
func IsMethod(key string) bool { return len(key) > 0 && key[0] == MethodMark }

// CheckKey tells whether data may have this key. Methods have other ones. Errors are *wire.Error: bad_request, too_large.
func CheckKey(key string) error {
	switch {
	case key == "":
		return wire.Err(wire.BadRequest, "A key of a map can't be empty.")
	case key[0] < 0x20:
		return wire.Err(wire.BadRequest, "A key of a map can't begin with a control character.")
	}
	return checkText(key)
}

func checkText(key string) error {
	switch {
	case len(key) > MaxKey:
		return wire.Err(wire.TooLarge, "A key of a map has at most 256 bytes; use a shorter one.")
	case !utf8.ValidString(key):
		return wire.Err(wire.BadRequest, "A key of a map must be valid UTF-8 text.")
	}
	return nil
}

// checkAnyKey takes keys of data and of methods.
func checkAnyKey(key string) error {
	if !IsMethod(key) {
		return CheckKey(key)
	}
	if len(key) == 1 {
		return wire.Err(wire.BadRequest, "A method of a map needs a name.")
	}
	return checkText(key)
}

func checkValue(value []byte) error {
	switch {
	case len(value) == 0:
		return wire.Err(wire.BadRequest, "A value of a map can't be nothing; use null, or delete the key.")
	case len(value) > MaxValue:
		return wire.Err(wire.TooLarge, "A value of a map has at most 256 KiB; divide it among several keys.")
	}
	return nil
}
