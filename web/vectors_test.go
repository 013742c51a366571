package web

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
)

// The TypeScript codec and package cbor must agree. This file writes the vectors that both read: go test ./web -run Vectors -update.
var update = flag.Bool("update", false, "write testdata anew")

const vectorFile = "client/testdata/cbor.json"

type vectors struct {
	Good []vector `json:"good"`
	Bad  []string `json:"bad"` // hex that is not an encoding of the subset
}

// vector is one encoding and its value, with what JSON lacks as {"int":"…"}, {"float":"…"}, {"bytes":"hex"}, {"text":"hex"} and {"map":[[key, value]…]}.
type vector struct {
	Hex   string `json:"hex"`
	Value any    `json:"value"`
}

func TestVectorsAreThoseOfPackageCBOR(t *testing.T) {
	want, err := json.MarshalIndent(makeVectors(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(vectorFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("the vectors differ from what package cbor makes: run go test ./web -run Vectors -update, then the TypeScript tests")
	}
}

func TestBadVectorsAreBad(t *testing.T) {
	for _, h := range badVectors {
		b, err := hex.DecodeString(h)
		if err != nil {
			t.Fatal(err)
		}
		if cbor.Check(b) == nil {
			t.Errorf("package cbor accepts %s", h)
		}
	}
}

func makeVectors() vectors {
	v := vectors{Bad: badVectors}
	add := func(x value) { v.Good = append(v.Good, vector{hex.EncodeToString(x.raw), x.json}) }
	for _, x := range scalars() {
		add(x)
		add(array(x, x))
	}
	add(array())
	add(object())
	add(object(entry{text("__proto__"), integer(1)}, entry{text("then"), null()}, entry{text("aa"), null()}, entry{text("b"), null()}))
	add(object(entry{integer(1), null()}, entry{integer(-1), null()}, entry{integer(1000), null()}, entry{text("x"), null()}))
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		add(random(r, 4))
	}
	return v
}

var badVectors = []string{
	"", "18", "1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "1c", "1f", "3b8000000000000000", "3bffffffffffffffff",
	"41", "61", "61ff", "62c328", "63eda080", "5f", "7f", "81", "9f", "bf", "9bffffffffffffffff", "bbffffffffffffffff", "a1", "a10101" + "00",
	"a20101" + "0101", "a2020101" + "01", "a16161", "a2616201" + "616101", "a1f601", "a1" + "8001", "c001", "e0", "f0", "f7", "f800", "f820", "f818",
	"f97e01", "f9fe00", "fa7fc00000", "fa3f800000", "fb3ff0000000000000", "fb7ff8000000000000", "fc", "ff", "0000",
	strings.Repeat("81", 33) + "00", strings.Repeat("a100", 33) + "00",
}

// value is an item in both notations.
type value struct {
	raw  cbor.Raw
	json any
}

type entry struct{ key, val value }

func null() value          { return value{cbor.AppendNull(nil), nil} }
func boolean(b bool) value { return value{cbor.AppendBool(nil, b), b} }
func text(s string) value {
	return value{cbor.AppendText(nil, s), map[string]any{"text": hex.EncodeToString([]byte(s))}}
}
func blob(b []byte) value {
	return value{cbor.AppendBytes(nil, b), map[string]any{"bytes": hex.EncodeToString(b)}}
}
func integer(i int64) value {
	return value{cbor.AppendInt(nil, i), map[string]any{"int": strconv.FormatInt(i, 10)}}
}
func unsigned(u uint64) value {
	return value{cbor.AppendUint(nil, u), map[string]any{"int": strconv.FormatUint(u, 10)}}
}
func float(f float64) value {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	s = strings.Replace(strings.Replace(s, "+Inf", "Infinity", 1), "-Inf", "-Infinity", 1)
	return value{cbor.AppendFloat(nil, f), map[string]any{"float": s}}
}

func array(items ...value) value {
	raw, list := cbor.AppendArrayHeader(nil, len(items)), []any{}
	for _, it := range items {
		raw, list = append(raw, it.raw...), append(list, it.json)
	}
	return value{raw, list}
}

func object(entries ...entry) value {
	var list []cbor.Entry
	pairs := [][2]any{}
	for _, e := range entries {
		list = append(list, cbor.Entry{Key: e.key.raw, Value: e.val.raw})
		pairs = append(pairs, [2]any{e.key.json, e.val.json})
	}
	raw, ok := cbor.AppendMap(nil, list)
	if !ok {
		panic("two equal keys")
	}
	return value{raw, map[string]any{"map": pairs}}
}

func scalars() []value {
	out := []value{null(), boolean(false), boolean(true), text(""), text("a"), text("é水𝄞"), text("\ufeffbom\x00"), text(strings.Repeat("x", 300)), blob(nil), blob([]byte{0, 255}), blob(make([]byte, 256))}
	for _, u := range []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<32 - 1, 1 << 32, 1<<53 - 1, 1 << 53, 1<<53 + 1, 1<<63 - 1, 1 << 63, math.MaxUint64} {
		out = append(out, unsigned(u))
		if u < 1<<63 {
			out = append(out, integer(-1-int64(u)))
		}
	}
	for _, f := range []float64{0, math.Copysign(0, -1), 1, -1, 1.5, 0.1, 65504, 65505, 65536, 1e300, -1e-300, 5.960464477539063e-8, 2.9802322387695312e-8, 8.940696716308594e-8,
		6.103515625e-5, 6.097555160522461e-5, 1.401298464324817e-45, 5e-324, 3.4028234663852886e38, math.MaxFloat64, math.Inf(1), math.Inf(-1), math.NaN(), 1 << 60} {
		out = append(out, float(f))
	}
	return out
}

func random(r *rand.Rand, depth int) value {
	all := scalars()
	if depth == 0 || r.IntN(3) == 0 {
		return all[r.IntN(len(all))]
	}
	if r.IntN(2) == 0 {
		items := make([]value, r.IntN(5))
		for i := range items {
			items[i] = random(r, depth-1)
		}
		return array(items...)
	}
	var entries []entry
	for i := range r.IntN(5) {
		key := text(strings.Repeat(string(rune('a'+r.IntN(26))), r.IntN(30)) + strconv.Itoa(i))
		entries = append(entries, entry{key, random(r, depth-1)})
	}
	return object(entries...)
}
