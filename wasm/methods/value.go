package main

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/wabgo/wab/internal/cbor"
	"go.starlark.net/starlark"
)

// maxResult is the size of an entry's value.
const maxResult = 256 << 10

// decode makes a Starlark value of one encoded item.
func decode(raw []byte) (starlark.Value, error) {
	r := cbor.NewReader(raw)
	v := read(&r)
	return v, r.Done()
}

func decodeArgs(raw cbor.Raw) (starlark.Tuple, error) {
	r := cbor.NewReader(raw)
	out := make(starlark.Tuple, r.Array())
	for i := range out {
		out[i] = read(&r)
	}
	return out, r.Done()
}

// read takes one item; after an error of the reader it gives None.
func read(r *cbor.Reader) starlark.Value {
	switch r.Kind() {
	case cbor.KindBool:
		return starlark.Bool(r.Bool())
	case cbor.KindUint:
		return starlark.MakeUint64(r.Uint())
	case cbor.KindNint:
		return starlark.MakeInt64(r.Int())
	case cbor.KindFloat:
		return starlark.Float(r.Float())
	case cbor.KindText:
		return starlark.String(r.Text())
	case cbor.KindBytes:
		return starlark.Bytes(r.Bytes())
	case cbor.KindArray:
		return readList(r)
	case cbor.KindMap:
		return readDict(r)
	}
	r.Null()
	return starlark.None
}

func readList(r *cbor.Reader) starlark.Value {
	items := make([]starlark.Value, r.Array())
	for i := range items {
		items[i] = read(r)
	}
	return starlark.NewList(items)
}

func readDict(r *cbor.Reader) starlark.Value {
	n := r.Map()
	out := starlark.NewDict(n)
	for range n {
		key := read(r)
		if err := out.SetKey(key, read(r)); err != nil {
			panic(err) // keys are text or integers
		}
	}
	return out
}

// encode makes the one encoding of a result.
func encode(v starlark.Value) ([]byte, error) {
	var e encoder
	e.value(v, 0)
	if len(e.out) > maxResult {
		e.fail(errTooLarge)
	}
	return e.out, e.err
}

type encoder struct {
	out []byte
	err error
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

var (
	errTooLarge = errors.New("the result has more than 256 KiB")
	errTooDeep  = fmt.Errorf("the result nests more than %d deep", cbor.MaxDepth)
	errNotUTF8  = errors.New("the result holds a string that is not valid UTF-8: a slice has cut a character in two")
	errInteger  = errors.New("the result holds an integer beyond 64 bits")
)

func (e *encoder) value(v starlark.Value, depth int) {
	if len(e.out) > maxResult {
		e.fail(errTooLarge)
	}
	if e.err != nil {
		return
	}
	switch v := v.(type) {
	case starlark.NoneType:
		e.out = cbor.AppendNull(e.out)
	case starlark.Bool:
		e.out = cbor.AppendBool(e.out, bool(v))
	case starlark.Int:
		e.integer(v)
	case starlark.Float:
		e.out = cbor.AppendFloat(e.out, float64(v))
	case starlark.String:
		e.text(string(v))
	case starlark.Bytes:
		e.blob(string(v))
	case *starlark.Dict:
		e.dict(v, depth)
	case *starlark.List, starlark.Tuple, *starlark.Set:
		e.list(v.(starlark.Sequence), depth)
	default:
		e.fail(fmt.Errorf("the result holds a %s, which is no value: give back null, booleans, numbers, strings, bytes, lists and dicts", v.Type()))
	}
}

func (e *encoder) integer(v starlark.Int) {
	if i, ok := v.Int64(); ok {
		e.out = cbor.AppendInt(e.out, i)
	} else if u, ok := v.Uint64(); ok {
		e.out = cbor.AppendUint(e.out, u)
	} else {
		e.fail(errInteger)
	}
}

func (e *encoder) text(s string) {
	switch {
	case len(s) > maxResult:
		e.fail(errTooLarge)
	case !utf8.ValidString(s):
		e.fail(errNotUTF8)
	default:
		e.out = cbor.AppendText(e.out, s)
	}
}

func (e *encoder) blob(s string) {
	if len(s) > maxResult {
		e.fail(errTooLarge)
		return
	}
	e.out = cbor.AppendBytes(e.out, []byte(s))
}

// fits tells whether n more values may come in an array or a map at this depth.
func (e *encoder) fits(n, depth int) bool {
	if n > maxResult {
		e.fail(errTooLarge)
	}
	if depth >= cbor.MaxDepth {
		e.fail(errTooDeep)
	}
	return e.err == nil
}

func (e *encoder) list(v starlark.Sequence, depth int) {
	n := v.Len()
	if !e.fits(n, depth) {
		return
	}
	e.out = cbor.AppendArrayHeader(e.out, n)
	it := v.Iterate()
	defer it.Done()
	var item starlark.Value
	for e.err == nil && it.Next(&item) {
		e.value(item, depth+1)
	}
}

// dict encodes each key and value by itself, for a map's order is that of its encoded keys.
func (e *encoder) dict(d *starlark.Dict, depth int) {
	if !e.fits(2*d.Len(), depth) {
		return
	}
	start := len(e.out)
	entries := make([]cbor.Entry, 0, d.Len())
	for _, item := range d.Items() {
		switch item[0].(type) {
		case starlark.String, starlark.Int:
		default:
			e.fail(fmt.Errorf("the result holds a dict with a key that is a %s: keys are strings or integers", item[0].Type()))
		}
		from := len(e.out)
		e.value(item[0], depth+1)
		mid := len(e.out)
		e.value(item[1], depth+1)
		if e.err != nil {
			return
		}
		entries = append(entries, cbor.Entry{Key: cbor.Raw(e.out[from:mid:mid]), Value: cbor.Raw(e.out[mid:len(e.out):len(e.out)])})
	}
	sorted, ok := cbor.AppendMap(make([]byte, 0, len(e.out)-start+9), entries)
	if !ok {
		e.fail(errors.New("the result holds a dict with a key that comes twice"))
		return
	}
	e.out = append(e.out[:start], sorted...)
}
