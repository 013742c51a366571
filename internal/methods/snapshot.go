package methods

import (
	"context"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/wabgo/wab/internal/cbor"
)

const (
	maxLines = 64
	maxLine  = 1<<10 + 8
)

// addSnapshot makes the module "wab": what a method may see.
func addSnapshot(ctx context.Context, r wazero.Runtime) error {
	i32 := func(n int) []api.ValueType { return slices.Repeat([]api.ValueType{api.ValueTypeI32}, n) }
	b := r.NewHostModuleBuilder("wab")
	for _, f := range []struct {
		name            string
		params, results int
		do              api.GoModuleFunc
	}{
		{"get", 4, 1, get}, {"keys", 3, 1, keys}, {"count", 0, 1, count}, {"print", 2, 0, print},
	} {
		b.NewFunctionBuilder().WithGoModuleFunction(f.do, i32(f.params), i32(f.results)).Export(f.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// get(key, keyLen, buf, bufLen) gives the length of a value, or -1, and the value where it fits.
func get(ctx context.Context, m api.Module, stack []uint64) {
	key := mustRead(m, uint32(stack[0]), uint32(stack[1]))
	c := current(ctx).call
	value, ok := []byte(nil), false
	if c.source != nil {
		value, ok = c.source.Get(string(key))
	}
	if !ok {
		stack[0] = api.EncodeI32(-1)
		return
	}
	if len(value) <= int(uint32(stack[3])) {
		mustWrite(m, uint32(stack[2]), value)
	}
	stack[0] = api.EncodeI32(int32(len(value)))
}

// keys(from, buf, bufLen) gives as many keys as fit.
func keys(ctx context.Context, m api.Module, stack []uint64) {
	sorted := current(ctx).call.keys()
	from := int(uint32(stack[0]))
	room := int(uint32(stack[2]))
	var out []byte
	for ; from < len(sorted); from++ {
		if len(out)+len(sorted[from])+9 > room {
			break
		}
		out = cbor.AppendText(out, sorted[from])
	}
	mustWrite(m, uint32(stack[1]), out)
	stack[0] = api.EncodeI32(int32(len(out)))
}

func count(ctx context.Context, _ api.Module, stack []uint64) {
	n := 0
	if c := current(ctx).call; c.source != nil {
		n = c.source.Len()
	}
	stack[0] = api.EncodeI32(int32(n))
}

func print(ctx context.Context, m api.Module, stack []uint64) {
	line := mustRead(m, uint32(stack[0]), uint32(stack[1]))
	c := current(ctx).call
	if len(c.lines) < maxLines && len(line) <= maxLine {
		c.lines = append(c.lines, string(line))
	}
}

// keys are the data keys in order. They are collected when a method first asks for them: most read a few entries only.
func (c *call) keys() []string {
	if c.sorted != nil || c.source == nil {
		return c.sorted
	}
	c.sorted = make([]string, 0, c.source.Len())
	for key := range c.source.All() {
		if !strings.HasPrefix(key, methodMark) {
			c.sorted = append(c.sorted, key)
		}
	}
	if !slices.IsSorted(c.sorted) {
		slices.Sort(c.sorted)
	}
	return c.sorted
}

// mustRead looks at an instance's memory. Bounds that are wrong end the instance.
func mustRead(m api.Module, p, n uint32) []byte {
	b, ok := m.Memory().Read(p, n)
	if !ok {
		panic("the interpreter reads outside of its memory")
	}
	return b
}

func mustWrite(m api.Module, p uint32, b []byte) {
	if !m.Memory().Write(p, b) {
		panic("the interpreter writes outside of its memory")
	}
}
