package session

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/coder/websocket"
	"pgregory.net/rapid"
)

// masked is a client's frame. first is its first byte.
func masked(first byte, payload []byte, key uint32) []byte {
	b := make([]byte, headerSize(len(payload)), maxClientHeader+len(payload))
	putHeader(b, first, len(payload))
	b[1] |= bitMasked
	b = binary.LittleEndian.AppendUint32(b, key)
	for i, x := range payload {
		b = append(b, x^byte(key>>(8*(i%4))))
	}
	return b
}

// fataler is a test, of the standard library's or of rapid.
type fataler interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// heard is what somebody has made of a client's bytes.
type heard struct {
	messages []string // and their kind
	pongs    []string
	code     uint16 // of the close frame that answers, 0 if none does
}

func (h *heard) String() string {
	return fmt.Sprintf("%d messages, %d pongs, code %d", len(h.messages), len(h.pongs), h.code)
}

// parsed is what our parser makes of bytes that come in pieces.
func parsed(t fataler, in []byte, limit int, piece func(left int) int) *heard {
	p, h := parser{limit: limit}, &heard{}
	for len(in) > 0 {
		n := piece(len(in))
		b := bytes.Clone(in[:n])
		in = in[n:]
		for {
			m, rest, bad := p.next(b)
			switch {
			case bad != nil:
				h.code = bad.code
			case m.op == opPing:
				h.pongs = append(h.pongs, string(m.payload))
			case m.op == opClose:
				h.code = 1005
				if len(m.payload) > 0 {
					h.code = binary.BigEndian.Uint16(m.payload)
				}
			case m.op != 0 && m.op != opPong:
				h.messages = append(h.messages, fmt.Sprintf("%x %s", m.op, m.payload))
			}
			if held := p.size(); held > limit || p.kept != nil && cap(*p.kept) > max(limit, smallBuffer) || cap(p.aside) > 2*maxControl {
				t.Fatalf("%d bytes are held in room for %d", held, cap(*p.kept))
			}
			if p.over && (p.kept != nil || p.aside != nil) {
				t.Fatal("something is held when all is over")
			}
			if b = rest; m.op == 0 {
				break
			}
		}
	}
	p.drop()
	return h
}

// tape is a connection whose client has said it all.
type tape struct {
	net.Conn
	in  io.Reader
	out bytes.Buffer
}

func (c *tape) Read(b []byte) (int, error)  { return c.in.Read(b) }
func (c *tape) Write(b []byte) (int, error) { return c.out.Write(b) }
func (c *tape) Close() error                { return nil }

type tapeWriter struct {
	*httptest.ResponseRecorder
	conn *tape
}

func (w tapeWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// referred is what coder/websocket makes of the same bytes.
func referred(t fataler, in []byte, limit int) *heard {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}}
	c := &tape{in: io.MultiReader(bytes.NewReader(in), iotest.ErrReader(net.ErrClosed))} // at io.EOF it takes a message that is cut for a whole one
	ws, err := websocket.Accept(tapeWriter{httptest.NewRecorder(), c}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(int64(limit))
	h := &heard{}
	for {
		kind, b, err := ws.Read(context.Background())
		if err != nil {
			break
		}
		h.messages = append(h.messages, fmt.Sprintf("%x %s", bitFinal|byte(kind), b))
	}
	out := bufio.NewReader(&c.out)
	for {
		op, b, err := frameOn(out)
		if err != nil {
			return h
		}
		switch op {
		case opPong:
			h.pongs = append(h.pongs, string(b))
		case opClose:
			if h.code = 1005; len(b) > 0 {
				h.code = binary.BigEndian.Uint16(b)
			}
		}
	}
}

func whole(left int) int { return left }

func TestMalformedFramesAreRefused(t *testing.T) {
	long := func(first byte, marker byte, length ...byte) []byte {
		return append(append([]byte{first, bitMasked | marker}, length...), 1, 2, 3, 4)
	}
	one := masked(opBinary, []byte("x"), 1)
	for what, c := range map[string]struct {
		bytes []byte
		want  *violation
	}{
		"RSV1":                           {masked(opBinary|0x40, nil, 1), errReserved},
		"RSV2":                           {masked(opBinary|0x20, nil, 1), errReserved},
		"RSV3 of a ping":                 {masked(opPing|0x10, nil, 1), errReserved},
		"data opcode 3":                  {masked(0x83, nil, 1), errOpcode},
		"data opcode 7":                  {masked(0x87, nil, 1), errOpcode},
		"control opcode 11":              {masked(0x8b, nil, 1), errOpcode},
		"control opcode 15":              {masked(0x8f, nil, 1), errOpcode},
		"no mask":                        {[]byte{opBinary, 1, 'x'}, errUnmasked},
		"no mask, nothing behind":        {[]byte{opBinary, 0}, errUnmasked},
		"a fragmented ping":              {masked(opPing&^bitFinal, nil, 1), errControl},
		"a fragmented close":             {masked(opClose&^bitFinal, nil, 1), errControl},
		"a long ping":                    {long(opPing, 126, 0, 126), errControl},
		"a long close":                   {long(opClose, 127), errControl},
		"continuation of nothing":        {masked(0, nil, 1), errContinuation},
		"continuation of a whole one":    {append(bytes.Clone(one), masked(0x80, nil, 1)...), errContinuation},
		"binary within binary":           {append(masked(0x02, nil, 1), masked(opBinary, nil, 1)...), errUnfinished},
		"text within binary":             {append(masked(0x02, []byte("x"), 1), masked(0x01, nil, 1)...), errUnfinished},
		"a short length in 2 bytes":      {long(opBinary, 126, 0, 125), errLength},
		"a short length in 8 bytes":      {long(opBinary, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff), errLength},
		"a negative length":              {long(opBinary, 127, 0x80, 0, 0, 0, 0, 0, 0, 0), errLength},
		"the longest length":             {long(opBinary, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), errTooBig},
		"one byte too many":              {masked(opBinary, make([]byte, 1001), 1), errTooBig},
		"one byte too many in fragments": {append(masked(0x02, make([]byte, 600), 1), masked(0x80, make([]byte, 401), 1)...), errTooBig},
		"a close of one byte":            {masked(opClose, []byte{3}, 1), errCloseCode},
		"close code 999":                 {masked(opClose, []byte{0x03, 0xe7}, 1), errCloseCode},
		"close code 1005":                {masked(opClose, []byte{0x03, 0xed}, 1), errCloseCode},
		"close code 1015":                {masked(opClose, []byte{0x03, 0xf7}, 1), errCloseCode},
		"close code 5000":                {masked(opClose, []byte{0x13, 0x88}, 1), errCloseCode},
		"a reason that is no UTF-8":      {masked(opClose, []byte{0x03, 0xe8, 0xff}, 1), errCloseReason},
	} {
		for _, piece := range []func(int) int{whole, func(int) int { return 1 }} {
			p := parser{limit: 1000}
			var bad *violation
			for in := bytes.Clone(c.bytes); len(in) > 0 && bad == nil; {
				n := piece(len(in))
				b := in[:n]
				in = in[n:]
				for m := (message{op: 1}); m.op != 0 && bad == nil; {
					m, b, bad = p.next(b)
				}
			}
			if bad != c.want {
				t.Errorf("%s: %+v, want %+v", what, bad, c.want)
			}
			if m, rest, bad := p.next(bytes.Clone(one)); m.op != 0 || len(rest) > 0 || bad != nil {
				t.Errorf("%s: something counts after it", what)
			}
		}
	}
}

func TestTheLargestMessagePasses(t *testing.T) {
	in := append(masked(0x02, make([]byte, 600), 1), masked(0x80, make([]byte, 400), 1)...)
	in = append(in, masked(opBinary, make([]byte, 1000), 1)...)
	if h := parsed(t, in, 1000, whole); len(h.messages) != 2 || h.code != 0 {
		t.Error(h)
	}
}

func TestWholeMessagesAreHandedOnInPlace(t *testing.T) {
	in := append(masked(opBinary, []byte("first"), 0x04030201), masked(opBinary, []byte("second"), 7)...)
	p := parser{limit: 1000}
	m, rest, _ := p.next(in)
	if string(m.payload) != "first" || &m.payload[0] != &in[6] {
		t.Errorf("got %q", m.payload)
	}
	m.payload = append(m.payload, "overwritten?"...)
	if m, _, _ = p.next(rest); string(m.payload) != "second" {
		t.Errorf("got %q", m.payload)
	}
	if p.next(nil); p.kept != nil {
		t.Error("a buffer is held")
	}
}

func TestWhatIsHeldGrowsWithWhatHasCome(t *testing.T) {
	const limit = 1 << 20
	in := masked(opBinary, make([]byte, limit), 5)
	p := parser{limit: limit}
	for at := 0; at < len(in)-1; at += 1000 {
		if m, _, bad := p.next(in[at:min(at+1000, len(in)-1)]); m.op != 0 || bad != nil {
			t.Fatal(m.op, bad)
		}
		if held := cap(*p.kept); held > max(smallBuffer, 4*(at+1000)) || held > limit {
			t.Fatalf("room for %d bytes after %d", held, at+1000)
		}
	}
	if m, _, _ := p.next(in[len(in)-1:]); len(m.payload) != limit {
		t.Errorf("got %d bytes", len(m.payload))
	}
	if p.next(nil); p.kept != nil {
		t.Error("a buffer is held when the message is gone")
	}
}

// TestTheParserAgreesWithTheLibrary: any messages, in any fragments with control frames between, in any pieces, are the same to both.
func TestTheParserAgreesWithTheLibrary(t *testing.T) {
	const limit = 100_000
	rapid.Check(t, func(t *rapid.T) {
		var in []byte
		frame := func(first byte, payload []byte) {
			in = append(in, masked(first, payload, rapid.Uint32().Draw(t, "key"))...)
		}
		control := func() {
			for range rapid.IntRange(0, 2).Draw(t, "controls") {
				frame(rapid.SampledFrom([]byte{opPing, opPong}).Draw(t, "control"), rapid.SliceOfN(rapid.Byte(), 0, maxControl).Draw(t, "note"))
			}
		}
		messages := rapid.IntRange(0, 6).Draw(t, "messages")
		for range messages {
			first := rapid.SampledFrom([]byte{opText, opBinary, opBinary}).Draw(t, "kind") &^ bitFinal
			for range rapid.IntRange(0, 3).Draw(t, "fragments") {
				frame(first, payloadOf(t))
				control()
				first = 0
			}
			frame(first|bitFinal, payloadOf(t))
			control()
		}
		if rapid.Bool().Draw(t, "closes") {
			frame(opClose, rapid.SampledFrom([][]byte{nil, {0x03, 0xe8}, {0x03, 0xe9, 'x'}, {0x0f, 0xa0}, {0x03, 0xec}, {1}}).Draw(t, "close"))
		}
		want := referred(t, in, limit)
		most := rapid.SampledFrom([]int{1, 3, 14, 1000, 16 << 10, len(in) + 1}).Draw(t, "pieces")
		got := parsed(t, in, limit, func(left int) int { return rapid.IntRange(1, min(most, left)).Draw(t, "piece") })
		if !reflect.DeepEqual(got, want) || len(got.messages) != messages {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func payloadOf(t *rapid.T) []byte {
	n := rapid.SampledFrom([]int{0, 1, 7, 8, 125, 126, 5000}).Draw(t, "size")
	if rapid.IntRange(0, 20).Draw(t, "large") == 0 {
		n = 20_000
	}
	return bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte"), 1, 2}, n/3+1)[:n]
}

// FuzzParser has coder/websocket read the same bytes. Both make the same of them, but that we refuse earlier what is too large, and more of what
// RFC 6455 forbids.
func FuzzParser(f *testing.F) {
	f.Add(masked(opBinary, []byte("hello"), 77), uint64(1))
	f.Add(append(masked(0x02, make([]byte, 126), 1), append(masked(opPing, []byte("p"), 2), masked(0x80, make([]byte, 300), 3)...)...), uint64(2))
	f.Add(masked(opClose, []byte{0x03, 0xe8, 0xff}, 9), uint64(3))
	f.Add([]byte{opBinary, 0xfe, 0, 1, 1, 2, 3, 4, 5}, uint64(4))
	f.Fuzz(func(t *testing.T, in []byte, seed uint64) {
		const limit = 400
		rnd := rand.New(rand.NewPCG(seed, 1))
		got := parsed(t, in, limit, func(left int) int { return 1 + rnd.IntN(left) })
		if all := parsed(t, in, limit, whole); all.String() != got.String() {
			t.Fatalf("%v in pieces, %v at once", got, all)
		}
		want := referred(t, in, limit)
		agree := got.code == want.code || got.code == closeProtocol || got.code == errTooBig.code || got.code == closeBadData
		if got.code == 0 || !agree {
			agree = got.String() == want.String()
		}
		if !agree || !begins(want.messages, got.messages) || !begins(want.pongs, got.pongs) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func begins(all, some []string) bool {
	return len(some) <= len(all) && strings.Join(all[:len(some)], "|") == strings.Join(some, "|")
}

func TestUnmaskAgainstItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "payload")
		key := rapid.Uint32().Draw(t, "key")
		got := masked(opBinary, b, key)
		got = got[len(got)-len(b):]
		for at := 0; at < len(got); {
			n := rapid.IntRange(1, len(got)-at).Draw(t, "part")
			key = unmask(got[at:at+n], key)
			at += n
		}
		if !bytes.Equal(got, b) {
			t.Fatalf("got %x, want %x", got, b)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []int{100, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			in := masked(opBinary, make([]byte, size), 0x12345678)
			p := parser{limit: 1 << 20}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if m, _, bad := p.next(in); m.op != opBinary || bad != nil {
					b.Fatal(m.op, bad)
				}
			}
		})
	}
}
