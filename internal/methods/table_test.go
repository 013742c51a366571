package methods

import (
	"context"
	"errors"
	"iter"
	"maps"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// table is a map in Go's random order.
type table map[string][]byte

func (t table) Get(key string) ([]byte, bool)  { v, ok := t[key]; return v, ok }
func (t table) All() iter.Seq2[string, []byte] { return maps.All(t) }

func (t table) Len() (n int) {
	for key := range t {
		if !strings.HasPrefix(key, methodMark) {
			n++
		}
	}
	return n
}

// with adds methods: pairs of name and source.
func (t table) with(pairs ...string) table {
	t = maps.Clone(t)
	if t == nil {
		t = table{}
	}
	for i := 0; i < len(pairs); i += 2 {
		t[methodMark+pairs[i]] = cbor.AppendText(nil, pairs[i+1])
	}
	return t
}

func text(s string) []byte  { return cbor.AppendText(nil, s) }
func number(i int64) []byte { return cbor.AppendInt(nil, i) }

func array(items ...[]byte) []byte {
	out := cbor.AppendArrayHeader(nil, len(items))
	for _, item := range items {
		out = append(out, item...)
	}
	return out
}

// must calls a method that has to succeed.
func must(t *testing.T, h *Host, m Source, name string, args ...[]byte) []byte {
	t.Helper()
	out, err := h.Call(context.Background(), m, name, array(args...), nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// refusal is the error of a call or a check that has to fail, with its code.
func refusal(t *testing.T, err error, code wire.Code) string {
	t.Helper()
	var known *wire.Error
	if !errors.As(err, &known) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if known.Code != code {
		t.Fatalf("got %v, want %s", known, code)
	}
	return known.Message
}
