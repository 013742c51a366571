package bundle

import (
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// Check tells whether the bundle is within the limits, and Parse will take what Append makes of it. Errors are *wire.Error: bad_request,
// too_large.
func (b *Bundle) Check() error {
	if err := b.check(); err != nil {
		return err
	}
	if len(b.Append(nil)) > MaxEncoded {
		return wire.Err(wire.TooLarge, "A bundle has at most 64 KiB; use fewer commands or smaller arguments.")
	}
	return nil
}

// check looks at everything but the size.
func (b *Bundle) check() error {
	if err := b.checkHead(); err != nil {
		return err
	}
	if len(b.Commands)+len(b.Recovery) > MaxCommands {
		return wire.Err(wire.TooLarge, "A bundle has at most 1,000 commands; send several bundles.")
	}
	if err := checkCommands(b.Commands); err != nil {
		return err
	}
	if err := checkCommands(b.Recovery); err != nil {
		return err
	}
	if b.Beside && lasts(b.Commands) {
		return wire.Err(wire.BadRequest, "The commands of a bundle that runs beside others come one after the other, without distances.")
	}
	return b.checkMoment()
}

// lasts tells whether a list takes time by itself.
func lasts(list []Command) bool {
	for i := range list {
		if list[i].After > 0 {
			return true
		}
	}
	return false
}

func (b *Bundle) checkHead() error {
	switch {
	case b.ID == "" || len(b.ID) > MaxID || !utf8.ValidString(b.ID):
		return wire.Err(wire.BadRequest, "The id of a bundle has 1 to 64 bytes of UTF-8.")
	case b.At < 0 || b.At > MaxInstant || b.Expires < 0 || b.Expires > MaxInstant:
		return wire.Err(wire.BadRequest, "A bundle starts and expires between the years 1970 and 9999.")
	case b.Late > RunRest:
		return wire.Err(wire.BadRequest, "A late bundle is dropped, run now, or its rest is run: there is no other policy.")
	case b.Tolerance < 0 || b.Tolerance > MaxLength || b.MaxBound < 0 || b.MaxBound > MaxLength:
		return wire.Err(wire.BadRequest, "The tolerance and the error bound of a bundle are from 0 to 24 hours.")
	}
	return nil
}

func checkCommands(list []Command) error {
	left := int64(MaxLength)
	for i := range list {
		c := &list[i]
		switch {
		case c.After < 0:
			return wire.Err(wire.BadRequest, "A command of a bundle can't come before the one that it follows.")
		case c.After > left:
			return wire.Err(wire.TooLarge, "A bundle lasts 24 hours at most; send the rest in another one.")
		case c.Name == "" || len(c.Name) > MaxName || !utf8.ValidString(c.Name):
			return wire.Err(wire.BadRequest, "The name of a command has 1 to 64 bytes of UTF-8.")
		case len(c.Args) > 0 && !isArray(c.Args):
			return wire.Err(wire.BadRequest, "The arguments of a command are one CBOR array.")
		}
		left -= c.After
	}
	return nil
}

// isArray tells whether b is a sound array that nests no deeper than it may within a bundle.
func isArray(b []byte) bool {
	within := append([]byte{0x81, 0x81, 0x81}, b...)
	return cbor.KindOf(b) == cbor.KindArray && cbor.Check(within) == nil
}
