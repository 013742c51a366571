package wire

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/frames.txt anew")

const goldenFile = "testdata/frames.txt"

// TestGoldenFrames holds every frame to its bytes: changing one is a new version of the protocol.
func TestGoldenFrames(t *testing.T) {
	var out strings.Builder
	out.WriteString("# The frames of the session protocol, version 1: what they say, and their bytes in hex.\n")
	for _, s := range samples {
		fmt.Fprintf(&out, "\n# %s: %T%+v\n%s\n", s.name, s.frame, s.frame, hex.EncodeToString(s.frame.Append(nil)))
	}
	if *update {
		if err := os.WriteFile(goldenFile, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("frames differ from %s; got\n%s", goldenFile, out.String())
	}
}

func TestParseInvertsAppend(t *testing.T) {
	for _, s := range samples {
		b := s.frame.Append(nil)
		got, err := parsers[Kind(b)](b)
		if err != nil || !reflect.DeepEqual(got, s.frame) {
			t.Errorf("%s: parsed %+v, %v; want %+v", s.name, got, err, s.frame)
		}
	}
}

func TestMissingRawIsNullOrEmpty(t *testing.T) {
	r, err := ParseRequest(Request{ID: 1, Method: "Get"}.Append(nil))
	if err != nil || string(r.Args) != emptyArray {
		t.Errorf("args %x, %v", r.Args, err)
	}
	n, err := ParseNote(Note{Seq: 1}.Append(nil))
	if err != nil || string(n.Value) != null {
		t.Errorf("value %x, %v", n.Value, err)
	}
}

func TestLongMessagesAreClipped(t *testing.T) {
	for _, m := range []string{strings.Repeat("é", 5000), strings.Repeat("\xffa", 5000), "x" + strings.Repeat("日", 5000)} {
		f, err := ParseFailure(Failure{ID: 1, Err: Error{Failed, m, 0}}.Append(nil))
		if err != nil || len(f.Err.Message) < maxText-4 {
			t.Errorf("message of %d bytes, %v", len(f.Err.Message), err)
		}
	}
}

func TestParsingARequestAllocatesItsMethodOnly(t *testing.T) {
	b := sample(KindRequest).Append(nil)
	if n := testing.AllocsPerRun(100, func() { ParseRequest(b) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
