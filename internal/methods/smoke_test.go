package methods

import (
	"context"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/cbor"
	"strings"
)

// table is a Source of Go's random order.
type table map[string][]byte

func (t table) Get(key string) ([]byte, bool)  { v, ok := t[key]; return v, ok }
func (t table) All() iter.Seq2[string, []byte] { return maps.All(t) }
func (t table) Len() (n int) {
	for k := range t {
		if !strings.HasPrefix(k, methodMark) {
			n++
		}
	}
	return n
}

func TestSmoke(t *testing.T) {
	start := time.Now()
	h := shared
	if err := h.Check("label", "def label(m, k, s=''):\n  return m.get(k, '?') + s\n"); err != nil {
		t.Fatal(err)
	}
	t.Log("first", time.Since(start))
	t.Log(h.Check("label", "def label(m):\n  return foo\n"))
	m := table{"a": cbor.AppendText(nil, "x"), "\x00label": cbor.AppendText(nil, "def label(m, k, s=''):\n  return m.get(k, '?') + s\n")}
	args := cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(nil, 2), "a"), "!")
	for range 5 {
		start = time.Now()
		out, err := h.Call(context.Background(), m, "label", args, nil)
		t.Logf("%x %v %v", out, err, time.Since(start))
	}
	loop := "def loop(m):\n  n = 0\n  for i in range(100000000):\n    n += 1\n  return n\n"
	m["\x00loop"] = cbor.AppendText(nil, loop)
	start = time.Now()
	out, err := h.Call(context.Background(), m, "loop", []byte{0x80}, nil)
	t.Logf("%x %v %v", out, err, time.Since(start))
	h2 := newHost(Options{Time: 60 * time.Second})
	defer h2.Close(context.Background())
	h2.Check("loop", loop)
	start = time.Now()
	out, err = h2.Call(context.Background(), m, "loop", []byte{0x80}, nil)
	t.Logf("%x %v %v", out, err, time.Since(start))
}
