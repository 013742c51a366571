package methods

import (
	"bytes"
	"context"
	"encoding/hex"
	"iter"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func TestMAP7_AMethodReadsItsMapLikeADict(t *testing.T) {
	m := table{"b": text("x"), "a": number(1), "é": array(number(1), number(2)), "\U0001F600": number(4), "\uFFFD": number(3)}
	for _, c := range []struct{ body, want string }{
		{"m['a']", "1"},
		{"m.get('b')", "'x'"},
		{"m.get('c')", "None"},
		{"m.get('c', 7)", "7"},
		{"'a' in m", "True"},
		{"'c' in m", "False"},
		{"1 in m", "False"},
		{"len(m)", "5"},
		{"bool(m)", "True"},
		{"m.keys()", "['a', 'b', 'é', '\uFFFD', '\U0001F600']"},
		{"list(m)", "['a', 'b', 'é', '\uFFFD', '\U0001F600']"},
		{"[k for k in m if m[k] == 1]", "['a']"},
		{"[[k, j] for k in m for j in m if k > j][0]", "['b', 'a']"},
		{"m.values()", "[1, 'x', [1, 2], 3, 4]"},
		{"m.items()[1]", "['b', 'x']"},
		{"dict(m)['é']", "[1, 2]"},
		{"sum_of(m['é'])", "3"},
		{"math.floor(2.5)", "2"},
		{"len(set([1, 1, 2]))", "2"},
		{"m.get('\\x00f')", "None"},
		{"'\\x00f' in m", "False"},
		{"type(m)", "'map'"},
		{"m['a'] + (1 << 62)", strconv.Itoa(1 + 1<<62)},
	} {
		t.Run(c.body, func(t *testing.T) {
			source := "def sum_of(x):\n  n = 0\n  for i in x:\n    n += i\n  return n\n" +
				"def f(m):\n  return " + c.body + "\ndef dummy(): pass\n"
			same := "def g(m):\n  return " + c.want
			m := m.with("f", source, "g", same)
			if got, want := must(t, shared, m, "f"), must(t, shared, m, "g"); !bytes.Equal(got, want) {
				t.Errorf("%x, want %x", got, want)
			}
		})
	}
}

func TestMAP7_FailuresTellWhatAndWhere(t *testing.T) {
	m := table{"a": array(number(1))}
	for _, c := range []struct {
		source, says string
		code         wire.Code
		args         [][]byte
	}{
		{"def f(m):\n  return m['b']", `f: line 2, column 11: key "b" not in map.`, wire.Failed, nil},
		{"def f(m):\n  m['a'].append(1)", "f: line 2, column 16: append: cannot append to frozen list.", wire.Failed, nil},
		{"def f(m):\n  fail('no')", "f: line 2, column 7: fail: no.", wire.Failed, nil},
		{"def f(m):\n  return m.nothing", "f: line 2, column 11: map has no .nothing field or method.", wire.Failed, nil},
		{"def f(m, x):\n  return x", "f: line 2, column 10: function f missing 1 argument (x).", wire.Failed, nil},
		{"def f(m):\n  return 1", "f: line 1, column 1: function f accepts 1 positional argument (2 given).", wire.Failed, [][]byte{number(1)}},
		{"def f(m):\n  return m.call('g', 1)", "g: line 2, column 12: unknown binary op: int + string.", wire.Failed, nil},
		{"def f(m):\n  return m.call('bad')", "bad: line 1, column 20: undefined: x. Correct the method's source, and define it again.", wire.BadRequest, nil},
		{"def f(m):\n  return x", "f: line 2, column 10: undefined: x. Correct the method's source, and define it again.", wire.BadRequest, nil},
	} {
		m := m.with("f", c.source, "g", "def g(m, x):\n  return x + 'a'", "bad", "def bad(m): return x")
		_, err := shared.Call(context.Background(), m, "f", array(c.args...), nil)
		if says := refusal(t, err, c.code); says != c.says {
			t.Errorf("%s\nsays %q,\nwant %q", c.source, says, c.says)
		}
	}
	_, err := shared.Call(context.Background(), m, "none", array(), nil)
	refusal(t, err, wire.NotFound)
	for _, args := range [][]byte{nil, number(1), {0x81}, append(array(), 0)} {
		_, err := shared.Call(context.Background(), m, "none", args, nil)
		refusal(t, err, wire.BadRequest)
	}
	_, err = shared.Call(context.Background(), m, "none", array(make([]byte, maxArgs)), nil)
	refusal(t, err, wire.TooLarge)
}

func TestMAP7_CheckTellsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ source, says string }{
		{"def f(m):\n  return foo", "f: line 2, column 10: undefined: foo. "},
		{"def f(m):\n  return (", "f: line 2, column 11: "},
		{"def g(m):\n  return 1", "f: the source lacks def f(m). "},
		{"f = 1", "f: the source lacks def f(m). "},
		{"", "f: the source lacks def f(m). "},
		{"def f():\n  return 1", "f: line 1, column 5: def f needs the map as its first parameter: def f(m). "},
		{"def f(*args):\n  return 1", "f: line 1, column 5: def f needs the map"},
		{"load('x.star', 'x')\ndef f(m):\n  return 1", "f: line 1, column 1: load is not available"},
		{"def f(m):\n  while True:\n    pass", "f: line 2, column 3: "},
	} {
		if says := refusal(t, shared.Check("f", c.source), wire.BadRequest); !strings.HasPrefix(says, c.says) {
			t.Errorf("%s\nsays %q, want %q", c.source, says, c.says)
		}
	}
	for _, source := range []string{"def f(m): return 1", "x = 1\ndef g(y): return y\ndef f(m, a, b = 2, *args, **kwargs): return g(x)"} {
		if err := shared.Check("f", source); err != nil {
			t.Error(err)
		}
	}
	refusal(t, shared.Check("", "def f(m): pass"), wire.BadRequest)
}

// A cache that knew methods by their bodies alone gave one's result for the other.
func TestMAP7_TheWholeSourceIsAMethodsIdentity(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	ab := table{}.with("f", "def f(m, a, b):\n  return [a, b]")
	ba := table{}.with("f", "def f(m, b, a):\n  return [a, b]")
	for range 3 {
		if got := must(t, h, ab, "f", number(1), number(2)); !bytes.Equal(got, array(number(1), number(2))) {
			t.Errorf("f(a, b) gives %x", got)
		}
		if got := must(t, h, ba, "f", number(1), number(2)); !bytes.Equal(got, array(number(2), number(1))) {
			t.Errorf("f(b, a) gives %x", got)
		}
	}
}

func TestMAP7_ManyMethodsShareAnInstance(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	for i := range 200 { // more than an instance keeps compiled
		m := table{}.with("f", "def f(m):\n  return "+strconv.Itoa(i))
		if got := must(t, h, m, "f"); !bytes.Equal(got, number(int64(i))) {
			t.Fatalf("method %d gives %x", i, got)
		}
	}
}

func TestMAP7_PrintReachesTheCallersLog(t *testing.T) {
	source := "def f(m, n, line, fails):\n  for i in range(n):\n    print(line, i)\n  return 1 // (0 if fails else 1)"
	m := table{}.with("f", source)
	for _, c := range []struct {
		n           int64
		line        string
		fails       bool
		lines, size int
	}{
		{2, "hello", false, 2, 7}, {2, "hello", true, 2, 7}, {1000, "x", true, 64, 3}, {3, strings.Repeat("é", 5000), false, 3, 1<<10 + 5}, {0, "", false, 0, 0},
	} {
		var lines []string
		_, err := shared.Call(context.Background(), m, "f", array(number(c.n), text(c.line), cbor.AppendBool(nil, c.fails)), func(line string) { lines = append(lines, line) })
		if (err != nil) != c.fails {
			t.Errorf("got %v", err)
		}
		if len(lines) != c.lines {
			t.Errorf("%d lines, want %d", len(lines), c.lines)
		}
		if c.lines > 0 && len(lines[0]) > c.size {
			t.Errorf("a line of %d bytes, at most %d should come", len(lines[0]), c.size)
		}
	}
}

func TestMAP7_TheSameCallGivesTheSame(t *testing.T) {
	m := table{}
	for i := range 500 {
		m["key "+strconv.Itoa(i)] = number(int64(i))
	}
	m = m.with("f", `
def f(m, args):
  d = {k: v for k, v in m.items()}
  d.update(args)
  words = set(["a", "b"] + m.keys())
  return [d, list(words)[:20], str(m.values()), hash("x"), [repr(f), repr(len), repr(m)], 0.1 + 0.2, math.sin(1)]
`)
	args := must(t, shared, m.with("g", "def g(m): return {'z': 1, 'y': 2, 3: 4}"), "g")
	want := must(t, shared, m, "f", args)
	for range 3 {
		h := newHost(Options{Instances: 1})
		for range 2 {
			if got := must(t, h, m, "f", args); !bytes.Equal(got, want) {
				t.Fatalf("%s\nwant\n%s", hex.Dump(got), hex.Dump(want))
			}
		}
		closeHost(t, h)
	}
}

func TestMAP7_CallsRunAtOnce(t *testing.T) {
	h := newHost(Options{Instances: 3})
	defer closeHost(t, h)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			m := table{"own": number(int64(i))}.with("f", "def f(m, n):\n  return [m['own'], n, len(m)]")
			for n := range 50 {
				want := array(number(int64(i)), number(int64(n)), number(1))
				if got, err := h.Call(context.Background(), m, "f", array(number(int64(n))), nil); !bytes.Equal(got, want) {
					t.Errorf("%x, %v, want %x", got, err, want)
					return
				}
			}
		})
	}
	all.Wait()
	if n := len(h.pool.idle); n > 3 {
		t.Errorf("%d instances are idle", n)
	}
}

func TestMAP7_WhoeverWaitsIsFreeToGo(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	if err := h.Check("f", "def f(m): pass"); err != nil { // compiles the module
		t.Fatal(err)
	}
	m := table{}.with("f", "def f(m): return 1")
	h.pool.turns <- struct{}{} // the only turn is taken
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := h.Call(ctx, m, "f", array(), nil)
	refusal(t, err, wire.Deadline)
	<-h.pool.turns
	must(t, h, m, "f")
}

func TestMAP7_ACallerThatGoesStopsItsMethod(t *testing.T) {
	h := newHost(Options{Instances: 1, Steps: 1 << 60, Time: 1 << 40})
	defer closeHost(t, h)
	ctx, cancel := context.WithCancel(context.Background())
	m := &watched{table: table{"a": number(1)}.with("f", "def f(m):\n  m['a']\n  return max(range(1 << 60))"), read: cancel}
	_, err := h.Call(ctx, m, "f", array(), nil)
	refusal(t, err, wire.Deadline)
	must(t, h, m.table.with("g", "def g(m): return 1"), "g")
}

// watched tells when data is read.
type watched struct {
	table
	read func()
}

func (w *watched) Get(key string) ([]byte, bool) {
	if !strings.HasPrefix(key, methodMark) {
		w.read()
	}
	return w.table.Get(key)
}

func TestMAP7_ASourceThatPanicsHarmsOneCall(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	m := &watched{table: table{"a": number(1)}.with("f", "def f(m): return m['a']"), read: func() { panic("broken") }}
	_, err := h.Call(context.Background(), m, "f", array(), nil)
	if says := refusal(t, err, wire.Internal); strings.Contains(says, "broken") || strings.Contains(says, "goroutine") {
		t.Errorf("it says %q", says)
	}
	must(t, h, m.table, "f")
}

func TestMAP7_AHostWithoutModuleSaysSo(t *testing.T) {
	h := New(Options{})
	refusal(t, h.Check("f", "def f(m): pass"), wire.Unavailable)
	closeHost(t, h)
	h = newHost(Options{})
	closeHost(t, h)
	refusal(t, h.Check("f", "def f(m): pass"), wire.Unavailable)
}

func TestMAP7_ValuesComeThroughAsTheyAre(t *testing.T) {
	m := table{}.with("f", "def f(m, x): return x")
	for _, h := range []string{
		"f6", "f5", "f4", "00", "1903e8", "1bffffffffffffffff", "3b7fffffffffffffff", "f90000", "f98000", "f97e00", "f97c00", "fb3fb999999999999a",
		"60", "62c3a9", "40", "4200ff", "80", "8301f66161", "a0", "a2016161616102", "a120f6", "f93c00",
		strings.Repeat("81", 31) + "80", strings.Repeat("a100", 31) + "a0",
	} {
		raw, err := hex.DecodeString(h)
		if err != nil || cbor.Check(raw) != nil {
			t.Fatalf("%s is no value", h)
		}
		m := table{"v": raw}.with("f", "def f(m): return m['v']")
		if got := must(t, shared, m, "f"); !bytes.Equal(got, raw) {
			t.Errorf("%s becomes %x", h, got)
		}
	}
	for _, h := range []string{"8301f66161", "a2016161616102"} {
		raw, _ := hex.DecodeString(h)
		if got := must(t, shared, m, "f", raw); !bytes.Equal(got, raw) {
			t.Errorf("as an argument, %s becomes %x", h, got)
		}
	}
}

func TestMAP7_AMillionEntriesAreNotCopied(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	m := million{table{}.with("f", "def f(m):\n  n = 0\n  for k in m:\n    n += m[k]\n    if n > 100:\n      break\n  return [len(m), m['k0999999'], n]")}
	if got, want := must(t, h, m, "f"), array(number(1_000_000), number(7), number(105)); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// million has a million entries in order, k0000000 and so on, all of which are 7.
type million struct{ table }

func (m million) Len() int { return 1_000_000 }

func (m million) Get(key string) ([]byte, bool) {
	if n, err := strconv.Atoi(strings.TrimPrefix(key, "k")); err == nil && n < m.Len() {
		return number(7), true
	}
	return m.table.Get(key)
}

func (m million) All() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for i := range m.Len() {
			digits := strconv.Itoa(i)
			if !yield("k0000000"[:8-len(digits)]+digits, number(7)) {
				return
			}
		}
	}
}
