package sharedmap

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

func sampleDelta() *Delta {
	return &Delta{Epoch: 9, From: 3, To: 5, Changes: []Entry{{"b", text("x"), 4}, {"c", nil, 5}, {"aa", []byte(cbor.Null), 5}}}
}

// [1, 9, 3, 5, {"b": "x", "aa": null}, ["c"]]
const sampleHex = "8601090305a261626178626161f6816163"

func TestDeltasLookAsDocumented(t *testing.T) {
	d := sampleDelta()
	if got := hex.EncodeToString(AppendDelta(nil, 1, d)); got != sampleHex {
		t.Errorf("%s, want %s", got, sampleHex)
	}
	if got := hex.EncodeToString(AppendEntries(nil, []Entry{d.Changes[2], d.Changes[0]})); got != "a261626178626161f6" {
		t.Errorf("entries: %s", got)
	}
}

func TestDeltasThatDontFitDontMerge(t *testing.T) {
	d := sampleDelta()
	if Merge(nil, d) != d || Merge(d, nil) != d || Merge(nil, nil) != nil {
		t.Error("nothing and a delta is another delta")
	}
	if Merge(d, &Delta{Epoch: 9, From: 6, To: 7}) != nil || Merge(d, &Delta{Epoch: 8, From: 5, To: 7}) != nil {
		t.Error("deltas merge over a gap")
	}
}

func TestOPS1_MalformedDeltasAreRefused(t *testing.T) {
	sample, _ := hex.DecodeString(sampleHex)
	long := AppendDelta(nil, 1, &Delta{Changes: []Entry{{Key: string(bytes.Repeat([]byte("k"), MaxKey+1))}}})
	large := AppendDelta(nil, 1, &Delta{Changes: []Entry{{"a", cbor.AppendBytes(nil, make([]byte, MaxValue)), 1}}})
	bad := map[string][]byte{
		"nothing":             {},
		"cut short":           sample[:len(sample)-1],
		"bytes behind":        append(bytes.Clone(sample), 0),
		"too few elements":    unhex("8501090305a0"),
		"sets is an array":    unhex("86010903058080"),
		"deletes is a map":    unhex("8601090305a0a0"),
		"a key is a number":   unhex("8601090305a1010180"),
		"an empty key":        unhex("8601090305a16001" + "80"),
		"an empty deletion":   unhex("8601090305a08160"),
		"a deletion twice":    unhex("8601090305a08261616161"),
		"deletions unsorted":  unhex("8601090305a08261626161"),
		"set and deleted":     unhex("8601090305a16161018161" + "61"),
		"sets unsorted":       unhex("8601090305a2616201616101" + "80"),
		"backwards":           unhex("8601090503a080"),
		"a negative version":  unhex("8601092005a080"),
		"claims 2^32 pairs":   unhex("8601090305baffffffff80"),
		"claims 2^32 deletes": unhex("8601090305a09affffffff"),
		"a long key":          long,
		"a large value":       large,
	}
	for name, b := range bad {
		_, d, err := ParseDelta(b)
		if d != nil || err == nil {
			t.Errorf("%s: %v", name, d)
		}
		wantCode(t, err, wire.BadRequest)
	}
	later := append([]byte{0x88}, append(sample[1:], 0x80, 0xf6)...)
	if _, d, err := ParseDelta(later); err != nil || len(d.Changes) != 3 {
		t.Errorf("with elements of a later version: %v", err)
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestParsedValuesShareTheFrame(t *testing.T) {
	b := unhex(sampleHex)
	_, d, err := ParseDelta(b)
	if err != nil || &d.Changes[0].Value[0] != &b[8] || cap(d.Changes[0].Value) != 2 {
		t.Errorf("%v %v", d, err)
	}
}

func FuzzParseDelta(f *testing.F) {
	f.Add(unhex(sampleHex))
	f.Add(unhex("8601090305a080"))
	f.Add(unhex("8701090305a08161" + "61f6"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		id, d, err := ParseDelta(b)
		if err != nil {
			return
		}
		again := AppendDelta(nil, id, d)
		if len(again) > len(b) || b[0] == 0x86 && !bytes.Equal(again, b) || len(again) > d.Size() {
			t.Fatalf("%x became %x", b, again)
		}
		if _, d2, err := ParseDelta(again); err != nil || !sameDelta(d, d2) {
			t.Fatalf("%x: %v", again, err)
		}
	})
}
