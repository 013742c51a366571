package server

import (
	"context"
	"fmt"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/replica"
	"github.com/wabgo/wab/internal/sharedmap"
)

// Def puts a method into the map: Starlark that reads the map and nothing else, wherever the map is, here and in pages. It changes with the data, in one
// version. The source defines a function of the method's name, whose first parameter is the map:
//
//	def label(m, key):
//	    return m[key].upper()
//
// A name has up to 64 bytes, a source 64 KiB. A source that doesn't compile fails the whole message, and the error tells line and column.
func (m Map) Def(method, source string) error {
	m.tx.changes("Map.Def")
	err := m.mine()
	if err == nil {
		err = m.tx.class.srv.methods.Check(method, source)
	}
	if err == nil {
		err = m.own.Set(methodKey(method), cbor.AppendText(nil, source))
	}
	return m.failed("def "+clip(method), err)
}

// Undef removes a method, and tells whether there was one.
func (m Map) Undef(method string) (was bool, err error) {
	m.tx.changes("Map.Undef")
	if err = m.mine(); err == nil {
		was, err = m.own.Delete(methodKey(method))
	}
	return was, m.failed("undef "+clip(method), err)
}

func methodKey(method string) string { return string(rune(sharedmap.MethodMark)) + method }

// Call calls a method of the map and sets into, a pointer or nil, to its result. The method sees one snapshot, the same as this message. It has 1,000,000 steps, 2 s and
// 64 MiB; a result has up to 256 KiB, arguments 1 MiB. What it prints goes to the server's log with this message's. The error tells that there is no such method, where and why
// it failed, or which limit it has reached; it does not fail the message by itself.
func (v View) Call(into any, method string, args ...any) error {
	if v.source == nil {
		return fmt.Errorf("map: there is none to call %s of", clip(method))
	}
	packed, err := marshalAll(args)
	if err != nil {
		return err
	}
	var s replica.Snapshot
	v.read(func(now replica.Snapshot) { s = now })
	if s == nil {
		return v.tx.err
	}
	result, err := v.tx.class.srv.methods.Call(context.Background(), s, method, packed, func(line string) {
		v.tx.Log(line, "map", v.label, "method", method)
	})
	if err != nil || into == nil {
		return err
	}
	return decoding.Unmarshal(result, into)
}
