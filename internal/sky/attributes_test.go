package sky

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
	"pgregory.net/rapid"
)

func raw(h string) cbor.Raw {
	b, err := hex.DecodeString(h)
	if err != nil {
		panic(err)
	}
	return b
}

func alike(a, b Attributes) bool {
	return maps.EqualFunc(a, b, func(x, y cbor.Raw) bool { return string(x) == string(y) })
}

func TestText(t *testing.T) {
	a, flaw := ReadAttributes("q=5", asJSON, []byte(`{"text":"é\u0000","int":-17,"uint":18446744073709551615,"float":0.5,"large":1e300,"null":null,"bool":true,"list":["x"],"map":{"x":"y"}}`))
	if flaw != nil {
		t.Fatal(flaw)
	}
	for name, want := range map[string]string{
		"text": "é\x00", "int": "-17", "uint": "18446744073709551615", "float": "0.5", "large": "1e+300", "q": "5",
		"null": "", "bool": "", "list": "", "map": "", "absent": "", "": "",
	} {
		if got := a.Text(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if Attributes(nil).Text("x") != "" || (Attributes{"x": nil, "y": {}}).Text("y") != "" {
		t.Error("text of nothing")
	}
}

func TestSet(t *testing.T) {
	a := Attributes{}
	a.Set("a", "x")
	a.Set("a", "y\xff")
	if a.Text("a") != "y\ufffd" || len(a) != 1 {
		t.Error(a)
	}
}

func TestEncode(t *testing.T) {
	a := Attributes{"bb": raw("01"), "a": nil, "c": raw("f5")}
	if got := hex.EncodeToString(a.Encode()); got != "a36161f66163f562626201" {
		t.Error(got)
	}
	if got := hex.EncodeToString(Attributes(nil).Encode()); got != "a0" {
		t.Error(got)
	}
	if a.Size() != len("bbac")+2 || Attributes(nil).Size() != 0 {
		t.Error(a.Size())
	}
}

func TestJSONOfWhatHandsMade(t *testing.T) {
	for want, a := range map[string]Attributes{
		`{}`:                               nil,
		`{"a":null}`:                       {"a": nil},
		`{"a":null,"b":1}`:                 {"a": raw("f97e00"), "b": raw("01")},
		`{"a":"AQ=="}`:                     {"a": raw("4101")},
		`{"\u003c/script\u003e":"\u2028"}`: {"</script>": raw("63e280a8")},
	} {
		if got := string(a.JSON()); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestParseAttributesRefuses(t *testing.T) {
	for _, h := range []string{
		"", "f6", "80", "01", "a1", "a101f6", "a14101f6", "a16161", "a26161f66161f6", "a26162f66161f6", "a0f6", "a16161f7", "a16161c101", "bf6161f6ff", "a161ff01",
		"a1616181818181818181818181818181818181818181818181818181818181818181818181818180", "bbffffffffffffffff",
	} {
		a, err := ParseAttributes(raw(h))
		e, is := err.(*wire.Error)
		if !is || e.Code != wire.Internal || a != nil {
			t.Errorf("%s: %v, %v", h, a, err)
			continue
		}
		checkSentence(t, e)
	}
}

func TestAttributesOf(t *testing.T) {
	for in, want := range map[string]string{
		"f6":                               `{}`,
		"a0":                               `{}`,
		"a26161016162f93c00":               `{"a":1,"b":1}`,   // 1.0
		"a16161f97e00":                     `{"a":null}`,      // NaN
		"a161614201ff":                     `{"a":"Af8="}`,    // bytes
		"a16161a1016178":                   `{"a":{"1":"x"}}`, // an integer key
		"a16161a202014101f6":               ``,                // bytes as a key
		"a16161f98000":                     `{"a":0}`,         // -0.0
		"a1616182f93c00fb3fb999999999999a": `{"a":[1,0.1]}`,
		"a1685f6865616465727301":           `{}`,
	} {
		a, flaw := AttributesOf(raw(in))
		switch {
		case want == "" && flaw == nil:
			t.Errorf("%s is let through", in)
		case want != "" && (flaw != nil || string(a.JSON()) != want):
			t.Errorf("%s: %s, %v; want %s", in, a.JSON(), flaw, want)
		}
	}
}

func TestAttributesOfRefuses(t *testing.T) {
	zeros := cbor.AppendText(nil, strings.Repeat("\x00", MaxValue-5)) // six times as long in JSON
	for name, in := range map[string]cbor.Raw{
		"nothing":        nil,
		"no map":         raw("80"),
		"text":           raw("6161"),
		"more":           raw("a0f6"),
		"numbered":       raw("a10101"),
		"no name":        raw("a16001"),
		"keys alike":     raw("a16161a20101613102"),
		"not CBOR":       raw("a16161ff"),
		"long in JSON":   Attributes{"a": zeros}.Encode(),
		"a large value":  Attributes{"a": cbor.AppendText(nil, strings.Repeat("x", MaxValue))}.Encode(),
		"a long name":    Attributes{strings.Repeat("x", MaxName+1): nil}.Encode(),
		"nested":         Attributes{"a": []byte(strings.Repeat("\x81", MaxDepth+1) + "\x01")}.Encode(),
		"nested too far": Attributes{"a": []byte(strings.Repeat("\x81", cbor.MaxDepth+1) + "\x01")}.Encode(),
	} {
		a, flaw := AttributesOf(in)
		if flaw == nil || flaw.Code != wire.BadRequest && flaw.Code != wire.TooLarge || a != nil {
			t.Errorf("%s: %v, %v", name, a, flaw)
			continue
		}
		checkSentence(t, flaw)
	}
}

func TestNothingGetsTenTimesAsLongInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(
			rapid.Map(rapid.Float32(), func(f float32) cbor.Raw { return cbor.AppendFloat(nil, float64(f)) }),
			rapid.Map(rapid.Float64(), func(f float64) cbor.Raw { return cbor.AppendFloat(nil, f) }),
			rapid.Map(rapid.Uint16(), func(u uint16) cbor.Raw { return cbor.Raw{0xf9, byte(u >> 8), byte(u)} }).Filter(func(r cbor.Raw) bool { return cbor.Check(r) == nil }),
			rapid.Map(rapid.String(), func(s string) cbor.Raw { return cbor.AppendText(nil, s) }),
			rapid.Map(rapid.Int64(), func(i int64) cbor.Raw { return cbor.AppendInt(nil, i) }),
		).Draw(t, "value")
		list := cbor.AppendArrayHeader(nil, 50)
		for range 50 {
			list = append(list, v...)
		}
		a := Attributes{"a": list}
		if got := len(a.JSON()); got > 10*a.Size() {
			t.Fatalf("%x: %d bytes of %d", v, got, a.Size())
		}
	})
}

// said draws what JSON can say.
func said(depth int) *rapid.Generator[any] {
	one := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(), rapid.String().AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(one...)
	}
	inner := said(depth - 1)
	return rapid.OneOf(append(one, rapid.SliceOfN(inner, 0, 4).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 4).AsAny())...)
}

func TestAttributesComeBack(t *testing.T) {
	names := rapid.String().Filter(func(s string) bool { return s != "" && s != headers && len(s) <= MaxName })
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(rapid.MapOfN(names, said(3), 0, 20).Draw(t, "attributes"))
		if err != nil {
			t.Fatal(err)
		}
		a, flaw := ReadAttributes("", asJSON, body)
		if flaw != nil {
			t.Fatal(flaw)
		}
		checkComesBack(t, a)
	})
}

// checkComesBack sends attributes all ways there are.
func checkComesBack(t interface{ Fatalf(string, ...any) }, a Attributes) {
	if j := a.JSON(); len(j) <= MaxBody {
		if got, flaw := ReadAttributes("", asJSON, j); flaw != nil || !alike(got, a) {
			t.Fatalf("%s came back as %s, %v", j, got.JSON(), flaw)
		}
		if got, flaw := AttributesOf(a.Encode()); flaw != nil || !alike(got, a) {
			t.Fatalf("%s was taken as %s, %v", j, got.JSON(), flaw)
		}
	}
	encoded := a.Encode()
	if got, err := ParseAttributes(encoded); err != nil || !alike(got, a) || string(got.Encode()) != string(encoded) {
		t.Fatalf("%x was parsed as %x, %v", encoded, got.Encode(), err)
	}
}
