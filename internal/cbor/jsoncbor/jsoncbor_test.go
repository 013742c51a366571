package jsoncbor

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
	"pgregory.net/rapid"
)

func TestFromJSON(t *testing.T) {
	for in, want := range map[string]string{
		` null `:                     "f6",
		`true`:                       "f5",
		`false`:                      "f4",
		`0`:                          "00",
		`-0`:                         "00",
		`-1`:                         "20",
		`18446744073709551615`:       "1bffffffffffffffff",
		`-9223372036854775808`:       "3b7fffffffffffffff",
		`18446744073709551616`:       "fa5f800000",
		`1.0`:                        "01",
		`1e3`:                        "1903e8",
		`0.1`:                        "fb3fb999999999999a",
		`""`:                         "60",
		`"a\"\u00e9\n"`:              "656122c3a90a",
		`"\ud800"`:                   "63efbfbd",
		"\"\xff\"":                   "63efbfbd",
		`[]`:                         "80",
		"[ 1 ,\t[2 , 3],\n{} ]":      "8301820203a0",
		`{"b":1,"a":[true],"":null}`: "a360f6616181f5616201",
		`{"aa":1,"b":{"z":0,"y":0}}`: "a26162a2617900617a0062616101",
	} {
		got, err := FromJSON([]byte(in), 0)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v; want %s", in, got, err, want)
		}
	}
}

func TestFromJSONRefuses(t *testing.T) {
	deep := strings.Repeat("[", cbor.MaxDepth+1) + strings.Repeat("]", cbor.MaxDepth+1)
	for in, want := range map[string]string{
		``:                           "well-formed",
		`1 2`:                        "well-formed, or there is more than one value (at byte 3)",
		`[1,]`:                       "(at byte 4)",
		`{"a":1,"a":2}`:              "comes twice (at byte 0)",
		`[{"a":1,"\u0061":2}]`:       "comes twice (at byte 1)",
		`{"x":{"a":1,"b":0,"a":2}}`:  "comes twice (at byte 5)",
		`1e999`:                      "out of range",
		`[-1e999,{"a":0}]`:           "out of range (at byte 1)",
		`NaN`:                        "well-formed",
		deep:                         "nests more than 32 deep (at byte 32)",
		strings.Repeat("[", 1000000): "well-formed",
		strings.Repeat(`{"a":`, 1000) + `1` + strings.Repeat(`}`, 1000): "nests",
		strings.Repeat(`[[],`, 1000) + `1` + strings.Repeat(`]`, 1000):  "nests",
	} {
		_, err := FromJSON([]byte(in), 0)
		var e *wire.Error
		if !errors.As(err, &e) || e.Code != wire.BadRequest || !strings.Contains(e.Message, want) {
			t.Errorf("%.50s: %v", in, err)
		}
	}
}

func TestFromJSONLimit(t *testing.T) {
	in := []byte(`[1,2,3]`)
	if _, err := FromJSON(in, 4); err != nil {
		t.Error(err)
	}
	var e *wire.Error
	if _, err := FromJSON(in, 3); !errors.As(err, &e) || e.Code != wire.TooLarge {
		t.Error(err)
	}
}

func TestDepthIsTheSameOnBothSides(t *testing.T) {
	in := strings.Repeat("[", cbor.MaxDepth) + strings.Repeat("]", cbor.MaxDepth)
	b, err := FromJSON([]byte(in), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := ToJSON(b); err != nil || string(out) != in {
		t.Error(string(out), err)
	}
}

func TestToJSON(t *testing.T) {
	for in, want := range map[string]string{
		"f6":                     `null`,
		"4201ff":                 `"Af8="`,
		"f97e00":                 `null`,
		"f9fc00":                 `null`,
		"f98000":                 `-0`,
		"f93c00":                 `1`,
		"fb3fb999999999999a":     `0.1`,
		"fb7e37e43c8800759c":     `1e+300`,
		"1bffffffffffffffff":     `18446744073709551615`,
		"3b7fffffffffffffff":     `-9223372036854775808`,
		"a301f42061786162f5":     `{"1":false,"-1":"x","b":true}`,
		"826161673c2f7363723e22": `["a","\u003c/scr\u003e\""]`,
		"63e280a8":               `"\u2028"`,
		"a0":                     `{}`,
		"82f5a1616180":           `[true,{"a":[]}]`,
	} {
		b, _ := hex.DecodeString(in)
		got, err := ToJSON(b)
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", in, got, err, want)
		}
	}
}

func TestToJSONRefuses(t *testing.T) {
	for _, in := range []string{"", "f7", "a20100613100", "0000", "9b1000000000000000"} {
		b, _ := hex.DecodeString(in)
		var e *wire.Error
		if out, err := ToJSON(b); !errors.As(err, &e) || e.Code != wire.Internal {
			t.Errorf("%s: %s, %v", in, out, err)
		}
	}
}

// plain draws values that JSON can hold.
func plain(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(), rapid.String().AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := rapid.Deferred(func() *rapid.Generator[any] { return plain(depth - 1) })
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(inner, 0, 5).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 5).AsAny())...)
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in, err := json.Marshal(plain(3).Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := FromJSON(in, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := cbor.Check(b); err != nil {
			t.Fatal(err)
		}
		out, err := ToJSON(b)
		if err != nil || !alike(in, out) {
			t.Fatalf("%s became %s, %v", in, out, err)
		}
	})
}

// alike compares JSON as encoding/json reads it, with numbers as floats.
func alike(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func FuzzFromJSON(f *testing.F) {
	for _, s := range []string{`null`, `[1,2.5,-3,"x"]`, `{"a":{"b":[]},"c":"\u00e9\\"}`, `{"a":1,"a":2}`, `1e999`, "\"\xff\"", `[[[[`, ` [ ] `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := FromJSON(b, 1<<20)
		if err != nil {
			return
		}
		if !json.Valid(b) || cbor.Check(out) != nil {
			t.Fatalf("%q became %x", b, out)
		}
		back, err := ToJSON(out)
		if err != nil || !alike(b, back) {
			t.Fatalf("%q came back as %s, %v", b, back, err)
		}
	})
}

func FuzzToJSON(f *testing.F) {
	for _, s := range []string{"f6", "a301f42061786162f5", "a20100613100", "826161673c2f7363723e22"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := ToJSON(b)
		if err != nil {
			return
		}
		again, err := FromJSON(out, 0)
		if err != nil {
			t.Fatalf("%x became %s, which is refused: %v", b, out, err)
		}
		back, err := ToJSON(again)
		if err != nil || !alike(out, back) {
			t.Fatalf("%s came back as %s, %v", out, back, err)
		}
	})
}

func BenchmarkFromJSON(b *testing.B) {
	in := []byte(`[{"id":"n-17","x":12.5,"y":80,"tags":["a","b"]}]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromJSON(in, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToJSON(b *testing.B) {
	raw, _ := FromJSON([]byte(`[{"id":"n-17","x":12.5,"y":80,"tags":["a","b"]}]`), 0)
	b.ReportAllocs()
	for b.Loop() {
		if out, err := ToJSON(raw); err != nil || bytes.IndexByte(out, '{') < 0 {
			b.Fatal(err)
		}
	}
}
