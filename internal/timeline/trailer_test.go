package timeline

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"flag"
	"math"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The TypeScript twin reads the vectors that this writes: go test ./internal/timeline -run Vectors -update, then the TypeScript tests.
var update = flag.Bool("update", false, "write testdata anew")

const vectorFile = "testdata/trailer.json"

type vectors struct {
	Good []vector `json:"good"`
	Bad  []string `json:"bad"` // hex of frames without a valid trailer
}

type vector struct {
	Frame   string      `json:"frame"` // hex
	Counter uint32      `json:"counter"`
	Marks   [][2]uint32 `json:"marks"`
	Marked  string      `json:"marked"` // hex
}

func makeVectors() (v vectors) {
	for _, c := range []struct {
		frame string
		t     Trailer
	}{
		{"", Trailer{}},
		{"00", Trailer{}},
		{"9d012a", Trailer{Counter: 7}},
		{"9d012a80026801", Trailer{1, []Mark{{1, 0}}}},
		{"10", Trailer{math.MaxUint32, []Mark{{1, math.MaxInt32}, {math.MaxUint32, 1}}}},
		{"776162a7", Trailer{3, []Mark{{2, 90}, {3, 90}}}},
		{hex.EncodeToString(Append([]byte{1, 2}, Trailer{Counter: 4})), Trailer{Counter: 5}}, // marked twice: one is taken off
		{"ff", Trailer{MaxMarks + 100, manyMarks(MaxMarks)}},
	} {
		frame, _ := hex.DecodeString(c.frame)
		one := vector{Frame: c.frame, Counter: c.t.Counter, Marks: [][2]uint32{}, Marked: hex.EncodeToString(Append(frame, c.t))}
		for _, m := range c.t.Marks {
			one.Marks = append(one.Marks, [2]uint32{m.Action, m.Age})
		}
		v.Good = append(v.Good, one)
	}
	for _, b := range badFrames() {
		v.Bad = append(v.Bad, hex.EncodeToString(b))
	}
	return v
}

func manyMarks(n int) (marks []Mark) {
	for i := range n {
		marks = append(marks, Mark{uint32(i + 1), uint32(3000 * (n - i))})
	}
	return marks
}

// sealed is a trailer of any content, with the check that belongs to it.
func sealed(body []byte, n, version byte) []byte {
	b := append(slices.Clone(body), n, version)
	return append(binary.BigEndian.AppendUint32(b, check(b)), magic[:]...)
}

func marksOf(counter uint32, marks ...Mark) []byte {
	var b []byte
	for _, m := range marks {
		b = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, m.Action), m.Age)
	}
	return binary.BigEndian.AppendUint32(b, counter)
}

func badFrames() [][]byte {
	good := Append([]byte("frame"), Trailer{9, []Mark{{8, 5}, {9, 1}}})
	flipped := slices.Clone(good)
	flipped[7] ^= 1
	return [][]byte{
		nil, {0}, magic[:], good[:len(good)-1], good[1+5:], flipped,
		sealed(marksOf(1), 0, 2), // a later version
		sealed(marksOf(1), 0, 0),
		sealed(marksOf(1), 1, 1),                         // a mark is missing
		sealed(marksOf(40, manyMarks(33)...), 33, 1),     // too many
		sealed(marksOf(1, Mark{2, 0}), 1, 1),             // newer than the newest
		sealed(marksOf(2, Mark{2, 0}, Mark{1, 0}), 2, 1), // out of order
		sealed(marksOf(2, Mark{2, 0}, Mark{2, 0}), 2, 1), // twice
		sealed(marksOf(2, Mark{0, 0}), 1, 1),             // no action has this number
		sealed(marksOf(2, Mark{1, 1 << 31}), 1, 1),       // after the frame
	}
}

func TestVectorsAreThoseOfTheTypeScriptTwin(t *testing.T) {
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
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the vectors differ from what Append makes (%v): run go test ./internal/timeline -run Vectors -update, then the TypeScript tests", err)
	}
}

func TestDEV4_WhatHasNoValidTrailerComesBackWhole(t *testing.T) {
	for _, b := range badFrames() {
		if frame, tr, ok := Split(b); ok || !bytes.Equal(frame, b) || tr.Counter != 0 || tr.Marks != nil {
			t.Errorf("Split(%x) = %x, %v, %v", b, frame, tr, ok)
		}
	}
}

func TestDEV4_SplitUndoesAppend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := rapid.SliceOf(rapid.Byte()).Draw(t, "frame")
		want := drawTrailer(t)
		got, tr, ok := Split(Append(slices.Clone(frame), want))
		if !ok || !bytes.Equal(got, frame) || tr.Counter != want.Counter || !slices.Equal(tr.Marks, want.Marks) {
			t.Fatalf("%x, %v, %v; put in %v", got, tr, ok, want)
		}
	})
}

func drawTrailer(t *rapid.T) (tr Trailer) {
	for range rapid.IntRange(0, MaxMarks).Draw(t, "marks") {
		tr.Counter += rapid.Uint32Range(1, 1<<20).Draw(t, "step")
		tr.Marks = append(tr.Marks, Mark{tr.Counter, rapid.Uint32Max(math.MaxInt32).Draw(t, "age")})
	}
	tr.Counter += rapid.Uint32Max(5).Draw(t, "unmarked")
	return tr
}

func TestOnlyTheNewestMarksAreKept(t *testing.T) {
	_, tr, ok := Split(Append(nil, Trailer{100, manyMarks(100)}))
	if !ok || len(tr.Marks) != MaxMarks || tr.Marks[MaxMarks-1].Action != 100 {
		t.Fatalf("%v, %v", tr, ok)
	}
}

func TestMarksTellTimestampsAcrossTheWrap(t *testing.T) {
	if at := (Mark{1, 100}).At(40); at != math.MaxUint32-59 {
		t.Fatal(at)
	}
}

func FuzzSplit(f *testing.F) {
	for _, v := range makeVectors().Good {
		b, _ := hex.DecodeString(v.Marked)
		f.Add(b)
	}
	for _, b := range badFrames() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, tr, ok := Split(b)
		if !ok && !bytes.Equal(frame, b) {
			t.Fatal("what has no trailer was changed")
		}
		if ok && !bytes.Equal(Append(slices.Clone(frame), tr), b) {
			t.Fatal("a trailer has two encodings")
		}
	})
}
