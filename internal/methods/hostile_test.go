package methods

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

type program struct {
	name, source string
	want         []wire.Code // which limit strikes first may depend on the machine
	says         string
}

// context gives little time to a program that would use all of it.
func (p program) context() (context.Context, context.CancelFunc) {
	if slices.Contains(p.want, wire.Deadline) {
		return context.WithTimeout(context.Background(), 300*time.Millisecond)
	}
	return context.WithCancel(context.Background())
}

// hostile programs want more than they may have: of memory, of time, or of both. All are methods named f.
var hostile = []program{
	{"doubling a list", "def f(m):\n  x = [1]\n  for _ in range(60):\n    x = x + x\n  return len(x)", either, ""},
	{"doubling a string", "def f(m):\n  x = 'ab'\n  for _ in range(60):\n    x += x\n  return len(x)", either, ""},
	{"squaring a number", "def f(m):\n  x = 3\n  for _ in range(200):\n    x = x * x\n  return x", either, ""},
	{"a huge shift", "def f(m):\n  x = 1\n  for _ in range(100000):\n    x = x << 500\n  return x", either, ""},
	{"a huge number as text", "def f(m):\n  x = 7\n  for _ in range(22):\n    x = x * x\n  return len(str(x))", either, ""},
	{"repeating a string", "def f(m):\n  return 'a' * 1000000000", failed, "64 MiB"},
	{"repeating a list", "def f(m):\n  return [0] * 100000000", failed, "64 MiB"},
	{"a list of a range", "def f(m):\n  return list(range(100000000))", either, ""},
	{"counting", "def f(m):\n  n = 0\n  for i in range(1000000000):\n    n += 1\n  return n", either, ""},
	{"sorting", "def f(m):\n  return sorted(range(1000000000), key = lambda i: -i)", either, ""},
	{"sorting without a key", "def f(m):\n  x = list(range(1000000))\n  for _ in range(1000):\n    x = sorted(x, reverse = True)\n  return x[0]", either, ""},
	{"the largest of a range", "def f(m):\n  return max(range(1000000000000))", deadline, "ran out of time"},
	{"any of a range", "def f(m):\n  return all(range(1, 1000000000000))", deadline, "ran out of time"},
	{"nesting", "def f(m):\n  x = []\n  for _ in range(1000000000):\n    x = [x]\n  return x", either, ""},
	{"a deep value as text", "def f(m):\n  x = []\n  for _ in range(100000):\n    x = [x]\n  return len(str(x))", either, ""},
	{"a wide value as text", "def f(m):\n  x = ['aaaaaaaaaa']\n  for _ in range(40):\n    x = [x, x]\n  return len(str(x))", either, ""},
	{"a wide result", "def f(m):\n  x = ['aaaaaaaaaa']\n  for _ in range(31):\n    x = [x, x]\n  return x", either, ""},
	{"a deep result", "def f(m):\n  x = []\n  for _ in range(100):\n    x = [x]\n  return x", failed, "32 deep"},
	{"a long result", "def f(m):\n  return 'a' * 300000", failed, "256 KiB"},
	{"a result that holds itself", "def f(m):\n  x = []\n  x.append(x)\n  return x", failed, "32 deep"},
	{"a dict that holds itself", "def f(m):\n  x = {}\n  x['x'] = x\n  return x", failed, "32 deep"},
	{"formatting", "def f(m):\n  x = '%s'\n  for _ in range(60):\n    x = '%s%s' % (x, x)\n  return x", either, ""},
	{"formatting widely", "def f(m):\n  x = 'x'\n  for _ in range(60):\n    x = '{0}{0}{0}{0}'.format(x)\n  return x", either, ""},
	{"replacing", "def f(m):\n  x = 'aa'\n  for _ in range(60):\n    x = x.replace('a', 'aaaa')\n  return x", either, ""},
	{"joining", "def f(m):\n  x = 'aa'\n  for _ in range(60):\n    x = x.join([x, x, x])\n  return x", either, ""},
	{"splitting", "def f(m):\n  return ('a,' * 10000000).split(',')", either, ""},
	{"recursion", "def f(m):\n  return f(m)", failed, "recursively"},
	{"mutual recursion", "def g(m):\n  return f(m)\ndef f(m):\n  return g(m)", failed, "recursively"},
	{"recursion through the map", "def f(m):\n  return m.call('f')", failed, "recursively"},
	{"a method that isn't there", "def f(m):\n  return m.call('g')", failed, "has no method g"},
	{"an infinite comprehension", "def f(m):\n  return [[[0 for a in range(100000)] for b in range(100000)] for c in range(100000)]", either, ""},
	{"a growing dict", "def f(m):\n  x = {}\n  for i in range(1000000000):\n    x[i] = str(i) * 100\n  return x", either, ""},
	{"a growing set", "def f(m):\n  x = set()\n  for i in range(1000000000):\n    x.add('a' * 1000 + str(i))\n  return len(x)", either, ""},
	{"equality of wide values", "def f(m):\n  x = []\n  y = []\n  for _ in range(60):\n    x = [x, x]\n    y = [y, y]\n  return x == y", either, ""},
	{"a top level without end", "x = [i for i in range(1000000000)]\ndef f(m):\n  return 1", either, ""},
	{"failing loudly", "def f(m):\n  fail('a' * 100000)", failed, "aaaa"},
	{"printing without end", "def f(m):\n  for i in range(10000000):\n    print('a' * 100000)", either, ""},
	{"a float beyond all", "def f(m):\n  return 1 // 0", failed, "division by zero"},
	{"an integer beyond 64 bits", "def f(m):\n  return 1 << 64", failed, "64 bits"},
	{"a function as a result", "def f(m):\n  return f", failed, "function"},
	{"the map as a result", "def f(m):\n  return m", failed, "holds a map"},
	{"half a character", "def f(m):\n  return 'é'[:1]", failed, "UTF-8"},
	{"changing the map", "def f(m):\n  m['a'] = 1", failed, ""},
}

var (
	failed   = []wire.Code{wire.Failed}
	deadline = []wire.Code{wire.Deadline}
	either   = []wire.Code{wire.Failed, wire.Deadline}
)

// TestMAP7_HostileMethodsEndAndHarmNobody runs each while another caller's methods go on.
func TestMAP7_HostileMethodsEndAndHarmNobody(t *testing.T) {
	h := newHost(Options{Instances: 3})
	defer closeHost(t, h)
	stop, others := make(chan struct{}), sync.WaitGroup{}
	others.Go(func() { goOn(t, h, stop) })
	for _, c := range hostile {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			ctx, cancel := c.context()
			defer cancel()
			out, err := h.Call(ctx, table{"a": number(1)}.with("f", c.source), "f", array(), nil)
			if err == nil {
				t.Fatalf("it got %d bytes through", len(out))
			}
			checkRefusal(t, err, c.want, c.says)
		})
	}
	close(stop)
	others.Wait()
}

// Where the caller sets no deadline, the host does.
func TestMAP7_AHostsTimeEndsAMethod(t *testing.T) {
	h := newHost(Options{Instances: 1, Time: 100 * time.Millisecond})
	defer closeHost(t, h)
	_, err := h.Call(context.Background(), table{}.with("f", "def f(m):\n  return max(range(1 << 60))"), "f", array(), nil)
	if says := refusal(t, err, wire.Deadline); !strings.Contains(says, "ran out of time") {
		t.Errorf("it says %q", says)
	}
	if o := (Options{}).withDefaults(); o.Time != 2*time.Second {
		t.Error("a server's methods have", o.Time)
	}
}

func checkRefusal(t *testing.T, err error, want []wire.Code, says string) {
	t.Helper()
	for _, code := range want {
		if e, ok := err.(*wire.Error); ok && e.Code == code {
			if !strings.Contains(e.Message, says) {
				t.Errorf("it says %q, and not %q", e.Message, says)
			}
			if len(e.Message) > 5<<10 {
				t.Errorf("its message has %d bytes", len(e.Message))
			}
			return
		}
	}
	t.Errorf("got %v, want one of %v", err, want)
}

// goOn calls a harmless method until it is told to stop.
func goOn(t *testing.T, h *Host, stop chan struct{}) {
	m := table{"a": number(41)}.with("next", "def next(m, by):\n  return m['a'] + by")
	for {
		select {
		case <-stop:
			return
		default:
		}
		out, err := h.Call(context.Background(), m, "next", array(number(1)), nil)
		if err != nil || !bytes.Equal(out, number(42)) {
			t.Errorf("a harmless method gave %x, %v", out, err)
			return
		}
	}
}

func TestMAP7_HostileSourcesAreRefused(t *testing.T) {
	for name, source := range map[string]string{
		"deep brackets":   "def f(m):\n  return " + strings.Repeat("[", 30000) + strings.Repeat("]", 30000),
		"deep operators":  "def f(m):\n  return " + strings.Repeat("-", 60000) + "1",
		"deep calls":      "def f(m):\n  return " + strings.Repeat("f(", 30000),
		"deep functions":  deepFunctions(),
		"too long":        "def f(m):\n  return 1\n" + strings.Repeat("#", 70000),
		"an endless text": "def f(m):\n  return '''" + strings.Repeat("a", 60000),
		"zeros":           strings.Repeat("\x00", 1000),
		"not UTF-8":       "def f(m):\n  return \xff\xfe",
	} {
		t.Run(name, func(t *testing.T) { refusal(t, shared.Check("f", source), wire.BadRequest) })
	}
}

func deepFunctions() string {
	var b strings.Builder
	for i := range 250 {
		b.WriteString(strings.Repeat(" ", i) + "def f(m):\n")
	}
	return b.String() + strings.Repeat(" ", 250) + "return 1 +"
}

func TestMAP7_AnInstanceThatGrewIsReplaced(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	m := table{}.with("much", "def much(m):\n  x = 'a' * 40000000\n  return len(x)", "little", "def little(m):\n  return 1")
	for range 5 {
		must(t, h, m, "much")
		must(t, h, m, "little")
	}
	for _, in := range h.pool.idle {
		if size := in.module.Memory().Size(); size > grown {
			t.Errorf("an idle instance has %d bytes", size)
		}
	}
}

func TestMAP7_NothingOutlivesACall(t *testing.T) {
	h := newHost(Options{Instances: 1})
	defer closeHost(t, h)
	m := table{}.with("f", "seen = []\ndef f(m):\n  return len(seen)", "g", "seen = []\ndef g(m):\n  seen.append(1)")
	must(t, h, m, "f")
	_, err := h.Call(context.Background(), m, "g", array(), nil)
	if says := refusal(t, err, wire.Failed); !strings.Contains(says, "frozen") {
		t.Errorf("it says %q", says)
	}
}

func closeHost(t *testing.T, h *Host) {
	t.Helper()
	if err := h.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
