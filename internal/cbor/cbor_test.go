package cbor

import (
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOneValueOneEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		b := appendValue(nil, v)
		if err := Check(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		r := NewReader(b)
		if got := readValue(&r); !same(got, v) || r.Done() != nil {
			t.Fatalf("%x: %#v became %#v, %v", b, v, got, r.Err())
		}
		want, err := peerEncode.Marshal(v)
		if err != nil || string(want) != string(b) {
			t.Fatalf("we write %x, another %x, %v", b, want, err)
		}
	})
}

func TestHalfFloatsAll(t *testing.T) {
	for h := range 1 << 16 {
		v := fromHalf(uint16(h))
		if v != v {
			continue
		}
		back, exact := toHalf(math.Float32bits(float32(v)))
		if !exact || back != uint16(h) {
			t.Fatalf("%04x is %v and became %04x, %v", h, v, back, exact)
		}
	}
}

// refused lists encodings that are outside the subset, or not the shortest.
var refused = map[string]Code{
	"":                     Truncated,
	"18":                   Truncated,
	"1b00000001000000":     Truncated,
	"61":                   Truncated,
	"81":                   Truncated,
	"a1":                   Truncated,
	"a161":                 Truncated,
	"8201":                 Truncated,
	"a201020304":           0, // fine, to show that the table works
	"1817":                 NotShortest,
	"1900ff":               NotShortest,
	"1a0000ffff":           NotShortest,
	"1b00000000ffffffff":   NotShortest,
	"7801ff":               NotShortest,
	"9800":                 NotShortest,
	"f93c00":               0,
	"fa3f800000":           NotShortest, // 1.0 is a half
	"fb3ff0000000000000":   NotShortest,
	"fb7ff8000000000000":   NotShortest, // NaN has one form
	"f97e01":               NotShortest,
	"fa7fc00000":           NotShortest,
	"f97e00":               0,
	"fa7f800000":           NotShortest,
	"fb47efffffe0000000":   NotShortest,
	"fa7f7fffff":           0,
	"3bffffffffffffffff":   OutOfRange,
	"3b7fffffffffffffff":   0,
	"f7":                   Unsupported,
	"f0":                   Unsupported,
	"f8ff":                 Unsupported,
	"ff":                   Unsupported,
	"9fff":                 Unsupported,
	"bfff":                 Unsupported,
	"5fff":                 Unsupported,
	"7fff":                 Unsupported,
	"c0":                   Unsupported,
	"c100":                 Unsupported,
	"1c":                   Unsupported,
	"1f":                   Unsupported,
	"61ff":                 NotUTF8,
	"63eda080":             NotUTF8, // a surrogate
	"a201000001":           Unsorted,
	"a2616200616100":       Unsorted,
	"a262616100616200":     Unsorted, // shorter first
	"a220000100":           Unsorted,
	"a201000100":           Duplicate,
	"a1f600":               BadKey,
	"a1f500":               BadKey,
	"a1f93c0000":           BadKey,
	"a1410000":             BadKey,
	"a18000":               BadKey,
	"0000":                 Trailing,
	"80f6":                 Trailing,
	"9b1000000000000000":   Truncated, // claims of 2^60 items
	"bb1000000000000000":   Truncated,
	"bbffffffffffffffff":   Truncated,
	"5bffffffffffffffff":   Truncated,
	"7b7fffffffffffffff00": Truncated,
	"9a0001000000":         Truncated,
}

func TestCheckRefuses(t *testing.T) {
	for in, want := range refused {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := codeOf(Check(b)); got != want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

func codeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestDepth(t *testing.T) {
	arrays := func(n int) []byte { return []byte(strings.Repeat("\x81", n) + Null) }
	maps := func(n int) []byte { return []byte(strings.Repeat("\xa1\x00", n) + Null) }
	for _, nest := range []func(int) []byte{arrays, maps} {
		if err := Check(nest(MaxDepth)); err != nil {
			t.Error(err)
		}
		if got := codeOf(Check(nest(MaxDepth + 1))); got != TooDeep {
			t.Error(got)
		}
		if got := codeOf(Check(nest(1 << 20))); got != TooDeep {
			t.Error(got)
		}
	}
}

func TestClaimsAllocateNothing(t *testing.T) {
	claim, _ := hex.DecodeString("9b1000000000000000")
	n := testing.AllocsPerRun(100, func() {
		r := NewReader(claim)
		for range r.Array() {
			r.Skip()
		}
		r.Raw()
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestReaderErrorSticks(t *testing.T) {
	b := AppendText(AppendUint(AppendArrayHeader(nil, 3), 7), "x")
	b = AppendInt(b, -3)
	r := NewReader(b)
	if r.Array() != 3 || r.Text() != "" || r.Uint() != 0 || r.Int() != 0 || r.Bool() || r.Float() != 0 || r.Bytes() != nil || r.Raw() != nil || r.Rest() != nil {
		t.Error("something was read after an error")
	}
	var e *Error
	if !errors.As(r.Done(), &e) || e.Code != WrongKind || e.At != 1 {
		t.Error(r.Done())
	}
}

func TestReaderRanges(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		read func(*Reader)
		want Code
	}{
		{AppendUint(nil, math.MaxInt64), func(r *Reader) { r.Int() }, 0},
		{AppendUint(nil, math.MaxInt64+1), func(r *Reader) { r.Int() }, OutOfRange},
		{AppendInt(nil, -1), func(r *Reader) { r.Uint() }, OutOfRange},
		{AppendUint(nil, 1<<32), func(r *Reader) { r.Uint32() }, OutOfRange},
		{AppendUint(nil, 1<<32-1), func(r *Reader) { r.Uint32() }, 0},
		{AppendUint(nil, 1), func(r *Reader) { r.Float() }, WrongKind},
		{AppendUint(nil, 1), func(r *Reader) { r.Number() }, 0},
		{AppendInt(nil, -1), func(r *Reader) { r.Number() }, 0},
		{AppendText(nil, "1"), func(r *Reader) { r.Number() }, WrongKind},
		{AppendNull(nil), func(r *Reader) { r.Bool() }, WrongKind},
		{AppendBytes(nil, nil), func(r *Reader) { r.Text() }, WrongKind},
		{[]byte{0xf7}, func(r *Reader) { r.Null() }, Unsupported},
		{[]byte{0x61, 0xff}, func(r *Reader) { r.Text() }, NotUTF8},
	} {
		r := NewReader(c.in)
		c.read(&r)
		if got := codeOf(r.Done()); got != c.want {
			t.Errorf("%x: %v, want %v", c.in, got, c.want)
		}
	}
}

func TestReaderSharesInputSafely(t *testing.T) {
	b := AppendUint(AppendBytes(AppendArrayHeader(nil, 2), []byte("ab")), 5)
	r := NewReader(b)
	r.Array()
	first := r.Bytes()
	_ = append(first, 0xff)
	if r.Uint() != 5 || r.Done() != nil {
		t.Error("an append to what was read changed the input")
	}
}

func TestAppendTextMendsUTF8(t *testing.T) {
	b := AppendText(nil, "a\xffb")
	if err := Check(b); err != nil {
		t.Fatal(err)
	}
	r := NewReader(b)
	if got := r.Text(); got != "a\uFFFDb" {
		t.Errorf("%q", got)
	}
}

func TestAppendMapRefusesDuplicates(t *testing.T) {
	key := AppendText(nil, "k")
	out, ok := AppendMap([]byte{1}, []Entry{{key, AppendUint(nil, 1)}, {key, AppendUint(nil, 2)}})
	if ok || string(out) != "\x01" {
		t.Errorf("%x, %v", out, ok)
	}
}

func TestErrorsRead(t *testing.T) {
	if got := Check([]byte{0x81, 0xf7}).Error(); got != "cbor: the subset has no such item (at byte 1)" {
		t.Error(got)
	}
	if Code(99).String() != "code 99" {
		t.Error(Code(99))
	}
}
