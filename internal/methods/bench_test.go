package methods

import (
	"context"
	"testing"
)

var label = table{"a": text("x")}.with("label", "def label(m, k, s = ''):\n  return m.get(k, '?') + s", "loop", "def loop(m):\n  for i in range(20000):\n    i + 1")

// BenchmarkCall is what a small method costs in a warm instance.
func BenchmarkCall(b *testing.B) {
	args := array(text("a"), text("!"))
	for b.Loop() {
		if _, err := shared.Call(context.Background(), label, "label", args, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSteps is 100,000 steps of the interpreter.
func BenchmarkSteps(b *testing.B) {
	for b.Loop() {
		if _, err := shared.Call(context.Background(), label, "loop", array(), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkInstance is what a new instance costs.
func BenchmarkInstance(b *testing.B) {
	if err := shared.Check("f", "def f(m): pass"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		in, err := shared.engine.instance(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		in.close()
	}
}

// BenchmarkCompile is what the first use of all costs: the module becomes machine code.
func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		h := New(Options{Module: func() ([]byte, error) { return module, nil }})
		if err := h.Check("f", "def f(m): pass"); err != nil {
			b.Fatal(err)
		}
		h.Close(context.Background())
	}
}
