package main

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"pgregory.net/rapid"
)

// table is a snapshot that gives its keys a few at a time.
type table struct {
	entries map[string][]byte
	lines   []string
}

func (s *table) get(key string) ([]byte, bool) { v, ok := s.entries[key]; return v, ok }
func (s *table) count() int                    { return len(s.sorted()) }
func (s *table) print(line string)             { s.lines = append(s.lines, line) }

func (s *table) keys(from int) (out []byte) {
	sorted := s.sorted()
	for i := from; i < min(from+2, len(sorted)); i++ {
		out = cbor.AppendText(out, sorted[i])
	}
	return out
}

func (s *table) sorted() []string {
	keys := slices.Sorted(maps.Keys(s.entries))
	return slices.DeleteFunc(keys, func(k string) bool { return strings.HasPrefix(k, methodMark) })
}

func callRequest(name string, args []byte, steps uint64) []byte {
	b := cbor.AppendArrayHeader(nil, 4)
	b = cbor.AppendUint(b, opCall)
	b = cbor.AppendText(b, name)
	b = append(b, args...)
	return cbor.AppendUint(b, steps)
}

func checkRequest(name, source string) []byte {
	b := cbor.AppendArrayHeader(nil, 3)
	b = cbor.AppendUint(b, opCheck)
	b = cbor.AppendText(b, name)
	return cbor.AppendText(b, source)
}

// kindOf reads an answer's kind, its value and the steps.
func kindOf(t interface{ Fatalf(string, ...any) }, answer []byte) (kind, cbor.Raw, uint64) {
	r := cbor.NewReader(answer)
	r.Array()
	k, value, steps := kind(r.Uint()), r.Raw(), r.Uint()
	if err := r.Done(); err != nil {
		t.Fatalf("answer %x: %v", answer, err)
	}
	return k, value, steps
}

// The example of the package's comment, byte by byte.
func TestTheExampleIsTrue(t *testing.T) {
	s := &table{entries: map[string][]byte{
		"a":                  cbor.AppendText(nil, "x"),
		methodMark + "label": cbor.AppendText(nil, "def label(m, key, suffix = \"\"):\n    return m.get(key, \"?\") + suffix\n"),
	}}
	request := []byte("\x84\x02\x65label\x82\x61a\x61!\x00")
	answer := answerTo(request, s, newPrograms())
	if !bytes.HasPrefix(answer, []byte("\x83\x00\x62x!")) || len(answer) != 6 {
		t.Errorf("%x", answer)
	}
}

func TestMAP7_StepsAreCountedAndLimited(t *testing.T) {
	s := &table{entries: map[string][]byte{
		methodMark + "f": cbor.AppendText(nil, "def f(m, n):\n  x = 0\n  for i in range(n):\n    x += i\n  return x"),
		"k":              cbor.AppendBytes(nil, make([]byte, 100_000)),
		methodMark + "g": cbor.AppendText(nil, "def g(m):\n  for _ in range(10):\n    m['k']\n"),
	}}
	p := newPrograms()
	_, _, first := kindOf(t, answerTo(callRequest("f", []byte("\x81\x0a"), 0), s, p))
	_, _, second := kindOf(t, answerTo(callRequest("f", []byte("\x81\x0a"), 0), s, p))
	if first != second || first < 10 {
		t.Errorf("steps %d, then %d", first, second)
	}
	if k, _, _ := kindOf(t, answerTo(callRequest("f", []byte("\x81\x0a"), first+1), s, p)); k != kindDone {
		t.Errorf("with enough steps: %d", k)
	}
	if k, _, _ := kindOf(t, answerTo(callRequest("f", []byte("\x81\x0a"), first-1), s, p)); k != kindSteps {
		t.Errorf("with too few steps: %d", k)
	}
	if k, _, _ := kindOf(t, answerTo(callRequest("f", []byte("\x81\x1a\x7f\xff\xff\xff"), 0), s, p)); k != kindSteps {
		t.Errorf("without a limit of the host's: %d", k)
	}
	if _, _, steps := kindOf(t, answerTo(callRequest("g", []byte{0x80}, 0), s, p)); steps < 10*100_000/64 {
		t.Errorf("reading a megabyte took %d steps", steps)
	}
}

func TestMAP7_PrintIsBounded(t *testing.T) {
	s := &table{entries: map[string][]byte{
		methodMark + "f": cbor.AppendText(nil, "def f(m):\n  for i in range(1000):\n    print('é' * 3000, 'é'[:1])"),
	}}
	kindOf(t, answerTo(callRequest("f", []byte{0x80}, 0), s, newPrograms()))
	if len(s.lines) != maxLines {
		t.Errorf("%d lines", len(s.lines))
	}
	for _, line := range s.lines {
		if len(line) > maxLine+4 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestMAP7_WhatIsCompiledIsBounded(t *testing.T) {
	p := newPrograms()
	long := strings.Repeat("#", 60<<10)
	for i := range 500 {
		source := "def f(m): return 1\n" + strings.Repeat(" ", i)
		if i%10 == 0 {
			source += long
		}
		if _, err := p.compile("f", source); err != nil {
			t.Fatal(err)
		}
		if len(p.kept) > maxPrograms || p.bytes > maxProgramBytes {
			t.Fatalf("%d programs of %d bytes are kept", len(p.kept), p.bytes)
		}
	}
}

func TestValuesComeBackAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := anyItem(3).Draw(t, "item")
		v, err := decode(raw)
		if err != nil {
			t.Fatalf("%x: %v", raw, err)
		}
		back, err := encode(v)
		if err != nil || !bytes.Equal(back, raw) {
			t.Fatalf("%x becomes %x, %v", raw, back, err)
		}
	})
}

// anyItem draws an encoding that nests at most depth deep.
func anyItem(depth int) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		choices := 7
		if depth > 0 {
			choices = 9
		}
		switch rapid.IntRange(1, choices).Draw(t, "kind") {
		case 1:
			return cbor.AppendNull(nil)
		case 2:
			return cbor.AppendBool(nil, rapid.Bool().Draw(t, "bool"))
		case 3:
			return cbor.AppendInt(nil, rapid.Int64().Draw(t, "int"))
		case 4:
			return cbor.AppendUint(nil, rapid.Uint64().Draw(t, "uint"))
		case 5:
			return cbor.AppendFloat(nil, rapid.Float64().Draw(t, "float"))
		case 6:
			return cbor.AppendText(nil, rapid.String().Draw(t, "text"))
		case 7:
			return cbor.AppendBytes(nil, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		case 8:
			items := rapid.SliceOfN(anyItem(depth-1), 0, 4).Draw(t, "items")
			return append(cbor.AppendArrayHeader(nil, len(items)), bytes.Join(items, nil)...)
		}
		var entries []cbor.Entry
		for key, value := range rapid.MapOfN(rapid.String(), anyItem(depth-1), 0, 4).Draw(t, "entries") {
			entries = append(entries, cbor.Entry{Key: cbor.AppendText(nil, key), Value: value})
		}
		out, _ := cbor.AppendMap(nil, entries)
		return out
	})
}

// Whatever is asked, there is an answer that can be read.
func FuzzAnswer(f *testing.F) {
	f.Add(callRequest("f", []byte{0x80}, 100), "def f(m): return m.items()")
	f.Add(callRequest("f", []byte("\x81\x01"), 1000), "def f(m, x): return m.call('f')")
	f.Add(checkRequest("f", "def f(m): return '%s' % m"), "")
	f.Add([]byte{0x84, 0x02}, "")
	f.Fuzz(func(t *testing.T, request []byte, source string) {
		if len(source) > 500 { // memory is bounded by the host only
			return
		}
		s := &table{entries: map[string][]byte{"a": {0x01}, methodMark + "f": cbor.AppendText(nil, source)}}
		r := cbor.NewReader(request)
		r.Array()
		if r.Uint() == opCall {
			request = callRequest("f", []byte{0x80}, 50)
		}
		kindOf(t, answerTo(request, s, newPrograms()))
	})
}
