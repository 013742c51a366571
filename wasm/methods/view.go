package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wabgo/wab/internal/cbor"
	"go.starlark.net/starlark"
)

// view is the map as a method sees it: like a frozen dict whose values are decoded when they are read.
type view struct{ call *call }

var (
	_ starlark.IterableMapping = (*view)(nil)
	_ starlark.Sequence        = (*view)(nil)
	_ starlark.HasAttrs        = (*view)(nil)
)

func (v *view) String() string        { return fmt.Sprintf("<map of %d entries>", v.Len()) }
func (v *view) Type() string          { return "map" }
func (v *view) Freeze()               {}
func (v *view) Truth() starlark.Bool  { return v.Len() > 0 }
func (v *view) Hash() (uint32, error) { return 0, errors.New("unhashable: map") }
func (v *view) Len() int              { return v.call.snapshot.count() }

// Get reads one entry; it takes a step for each 64 bytes of its value.
func (v *view) Get(key starlark.Value) (starlark.Value, bool, error) {
	name, ok := starlark.AsString(key)
	if !ok || strings.HasPrefix(name, methodMark) {
		return nil, false, nil
	}
	raw, ok := v.call.snapshot.get(name)
	if !ok {
		return nil, false, nil
	}
	v.call.thread.Steps += uint64(len(raw) / 64)
	value, err := decode(raw)
	if err != nil {
		return nil, false, fmt.Errorf("entry %q: %w", name, err)
	}
	value.Freeze()
	return value, true, nil
}

func (v *view) Items() []starlark.Tuple {
	var out []starlark.Tuple
	for key := range v.each {
		if value, ok, _ := v.Get(key); ok {
			out = append(out, starlark.Tuple{key, value})
		}
	}
	return out
}

func (v *view) each(yield func(starlark.Value) bool) {
	it := v.Iterate()
	defer it.Done()
	var key starlark.Value
	for it.Next(&key) {
		if !yield(key) {
			return
		}
	}
}

func (v *view) Iterate() starlark.Iterator { return &keys{call: v.call} }

// keys goes through the keys in order, a few kilobytes at a time. Each takes a step.
type keys struct {
	call  *call
	from  int
	last  string
	chunk cbor.Reader
}

func (k *keys) Next(p *starlark.Value) bool {
	if len(k.chunk.Rest()) == 0 {
		k.chunk = cbor.NewReader(k.call.snapshot.keys(k.from))
	}
	if len(k.chunk.Rest()) == 0 {
		return false
	}
	key := k.chunk.Text()
	if k.chunk.Err() != nil || k.from > 0 && key <= k.last {
		panic("the host gives keys that are malformed or out of order")
	}
	k.from++
	k.last = key
	k.call.thread.Steps++
	*p = starlark.String(key)
	return true
}

func (k *keys) Done() {}

type method func(v *view, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)

var attrs = map[string]method{
	"get":    getOr,
	"items":  items,
	"keys":   listKeys,
	"values": values,
}

func (v *view) AttrNames() []string { return []string{"call", "get", "items", "keys", "values"} }

func (v *view) Attr(name string) (starlark.Value, error) {
	if name == "call" {
		return starlark.NewBuiltin(name, v.call.nested), nil
	}
	f := attrs[name]
	if f == nil {
		return nil, nil
	}
	return starlark.NewBuiltin(name, func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return f(v, b, args, kwargs)
	}), nil
}

func getOr(v *view, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var key, fallback starlark.Value = nil, starlark.None
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 1, &key, &fallback); err != nil {
		return nil, err
	}
	value, ok, err := v.Get(key)
	if err != nil || ok {
		return value, err
	}
	return fallback, nil
}

func items(v *view, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return v.list(b, args, kwargs, func(key, value starlark.Value) starlark.Value { return starlark.Tuple{key, value} })
}

func values(v *view, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	return v.list(b, args, kwargs, func(_, value starlark.Value) starlark.Value { return value })
}

func listKeys(v *view, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	var out []starlark.Value
	for key := range v.each {
		out = append(out, key)
	}
	return starlark.NewList(out), nil
}

func (v *view) list(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple, pick func(key, value starlark.Value) starlark.Value) (starlark.Value, error) {
	if err := starlark.UnpackPositionalArgs(b.Name(), args, kwargs, 0); err != nil {
		return nil, err
	}
	var out []starlark.Value
	for key := range v.each {
		value, ok, err := v.Get(key)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, pick(key, value))
		}
	}
	return starlark.NewList(out), nil
}
