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

// frameOf is a delta frame with one section.
func frameOf(section []byte) []byte { return append(wire.AppendMapDelta(nil, 1), section...) }

func TestOPS1_MalformedDeltasAreRefused(t *testing.T) {
	sample := unhex(sampleHex)
	bad := map[string][]byte{
		"nothing":             {},
		"cut short":           sample[:len(sample)-1],
		"bytes behind":        append(bytes.Clone(sample), 0),
		"too few elements":    unhex("8501090305a0"),
		"sets is an array":    unhex("86010903058080"),
		"deletes is a map":    unhex("8601090305a0a0"),
		"a key is a number":   unhex("8601090305a1010180"),
		"a negative version":  unhex("8601092005a080"),
		"claims 2^32 pairs":   unhex("8601090305baffffffff80"),
		"claims 2^32 deletes": unhex("8601090305a09affffffff"),
	}
	for name, b := range bad {
		if sections, _, err := readSections(frameOf(b), nil); err == nil {
			t.Errorf("%s: %v", name, sections)
		}
	}
	later := append([]byte{0x88}, append(sample[1:], 0x80, 0xf6)...)
	if sections, _, err := readSections(frameOf(later), nil); err != nil || len(sections[0].changes) != 3 {
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
