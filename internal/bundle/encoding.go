package bundle

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

const (
	elements        = 8  // of a bundle
	withMoment      = 9  // there may be one
	withBeside      = 10 // and whether it runs beside others
	commandElements = 3
)

// Append appends the bundle as it travels: one CBOR array [id, at, expires, late, tolerance, maxBound, commands, recovery, moment, beside], where a
// command is [after, name, args] and a moment [room, member, action, at] or null. The last two are there if they say something. Check comes first:
// what is beyond the limits, no device takes.
func (b *Bundle) Append(dst []byte) []byte {
	n := b.elements()
	dst = cbor.AppendText(cbor.AppendArrayHeader(dst, n), b.ID)
	dst = cbor.AppendInt(cbor.AppendInt(dst, b.At), b.Expires)
	dst = cbor.AppendUint(dst, uint64(b.Late))
	dst = cbor.AppendInt(cbor.AppendInt(dst, b.tolerance()), b.MaxBound)
	dst = appendCommands(appendCommands(dst, b.Commands), b.Recovery)
	if n >= withMoment {
		dst = b.Moment.append(dst)
	}
	if n >= withBeside {
		dst = cbor.AppendBool(dst, b.Beside)
	}
	return dst
}

// elements is how many there are to be said.
func (b *Bundle) elements() int {
	switch {
	case b.Beside:
		return withBeside
	case !b.Moment.none():
		return withMoment
	}
	return elements
}

func appendCommands(dst []byte, list []Command) []byte {
	dst = cbor.AppendArrayHeader(dst, len(list))
	for i := range list {
		dst = list[i].append(dst)
	}
	return dst
}

func (c *Command) append(dst []byte) []byte {
	dst = cbor.AppendText(cbor.AppendInt(cbor.AppendArrayHeader(dst, commandElements), c.After), c.Name)
	if len(c.Args) == 0 {
		return cbor.AppendArrayHeader(dst, 0)
	}
	return append(dst, c.Args...)
}

// Parse decodes and checks a bundle. Arguments share memory with the input; elements that this version doesn't know are passed over. Errors
// are *wire.Error: bad_request, too_large.
func Parse(encoded []byte) (*Bundle, error) {
	if len(encoded) > MaxEncoded {
		return nil, wire.Err(wire.TooLarge, "A bundle has at most 64 KiB; use fewer commands or smaller arguments.")
	}
	r := cbor.NewReader(encoded)
	n := r.Array()
	b := &Bundle{ID: r.Text(), At: r.Int(), Expires: r.Int(), Late: Policy(min(r.Uint(), 0xff))}
	b.Tolerance, b.MaxBound = r.Int(), r.Int()
	b.Commands = readCommands(&r)
	b.Recovery = readCommands(&r)
	if n >= withMoment {
		b.Moment = readMoment(&r)
	}
	if n >= withBeside {
		b.Beside = r.Bool()
	}
	for extra := n - withBeside; extra > 0 && r.Err() == nil; extra-- {
		r.Skip()
	}
	if r.Done() != nil || n < elements {
		return nil, wire.Err(wire.BadRequest, "The bundle is malformed.")
	}
	b.Tolerance = b.tolerance()
	if err := b.check(); err != nil {
		return nil, err
	}
	return b, nil
}

func readCommands(r *cbor.Reader) (list []Command) {
	n := r.Array()
	if n > 0 {
		list = make([]Command, 0, min(n, MaxCommands))
	}
	for ; n > 0 && r.Err() == nil; n-- {
		list = append(list, readCommand(r))
	}
	return list
}

func readCommand(r *cbor.Reader) Command {
	extra := r.Array() - commandElements
	c := Command{After: r.Int(), Name: r.Text(), Args: r.Raw()}
	for ; extra > 0 && r.Err() == nil; extra-- {
		r.Skip()
	}
	if extra != 0 {
		c.Name = "" // which check refuses
	}
	return c
}
