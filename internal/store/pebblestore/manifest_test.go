package pebblestore

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/record"
	"pgregory.net/rapid"
)

// logOf writes records as Pebble does, and returns where each one ends.
func logOf(t *rapid.T, records [][]byte) (log []byte, ends []int) {
	var buf bytes.Buffer
	w := record.NewWriter(&buf)
	for _, r := range records {
		if _, err := w.WriteRecord(r); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, buf.Len())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), ends
}

func drawRecords(t *rapid.T) [][]byte {
	sizes := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(1, 300), rapid.IntRange(logBlock-50, 3*logBlock)), 2, 8).Draw(t, "sizes")
	records := make([][]byte, len(sizes))
	for i, size := range sizes {
		records[i] = bytes.Repeat([]byte{byte(i + 1)}, size)
	}
	return records
}

// TestManifestTorn: an end that is cut off, or filled with zeros, is what a power cut leaves.
func TestManifestTorn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log, ends := logOf(t, drawRecords(t))
		if !endsTorn(log) {
			t.Fatal("a whole log counts as damaged")
		}
		from := rapid.IntRange(ends[len(ends)-2], len(log)).Draw(t, "from")
		if !endsTorn(log[:from]) {
			t.Fatal("a log that was cut counts as damaged")
		}
		clear(log[from:])
		if !endsTorn(log) {
			t.Fatal("a log with zeros at its end counts as damaged")
		}
	})
}

// TestManifestDamaged: one changed bit is found wherever it is, but in the last record.
func TestManifestDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log, ends := logOf(t, drawRecords(t))
		at := rapid.IntRange(0, ends[len(ends)-2]-1).Draw(t, "at")
		log[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if endsTorn(log) && !paddingAt(at) {
			t.Fatalf("byte %d of %d: damage goes unseen", at, len(log))
		}
	})
}

// paddingAt tells whether a byte is in the zeros at the end of a block, which carry nothing.
func paddingAt(at int) bool { return logBlock-at%logBlock < chunkHeader }
