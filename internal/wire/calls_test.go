package wire

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
)

func TestTheLargestSignalPasses(t *testing.T) {
	payload := cbor.AppendBytes(nil, make([]byte, MaxSignal-5))
	if len(payload) != MaxSignal {
		t.Fatalf("%d bytes", len(payload))
	}
	if f, err := ParseCallSend(CallSend{Call: 1, Payload: payload}.Append(nil)); err != nil || len(f.Payload) != MaxSignal {
		t.Errorf("%d bytes, %v", len(f.Payload), err)
	}
}

func TestMissingPayloadsAreNull(t *testing.T) {
	open, err := ParseCallOpen(CallOpen{Call: 1, Room: "a:b/c/r"}.Append(nil))
	if err != nil || string(open.Payload) != null {
		t.Errorf("payload %x, %v", open.Payload, err)
	}
	said, err := ParseCallSignal(CallSignal{Call: 1}.Append(nil))
	if err != nil || string(said.Payload) != null {
		t.Errorf("payload %x, %v", said.Payload, err)
	}
}

func TestMembersHaveNarrowNames(t *testing.T) {
	for s, want := range map[string]bool{
		"": false, "abcdefg": false, "abcdefgh": true, "A-Z_a0z9": true, strings.Repeat("x", MaxMember): true,
		strings.Repeat("x", MaxMember+1): false, "abcdefgé": false, "abcd efgh": false, "abcdefg\n": false, "../../../": false,
	} {
		if IsMember(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestParsingASignalAllocatesNothing(t *testing.T) {
	b := CallSend{Call: 1, Payload: []byte{0x61, 'x'}}.Append(nil)
	if n := testing.AllocsPerRun(100, func() { ParseCallSend(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
