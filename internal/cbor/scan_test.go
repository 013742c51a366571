package cbor

import "testing"

// TestBriefItemsAreItems: the way for most items takes nothing that the way for all would not take, and as much of it.
func TestBriefItemsAreItems(t *testing.T) {
	taken := 0
	check := func(b []byte) {
		quick := scanner{b: b}
		if !quick.brief() {
			if quick.at != 0 {
				t.Fatalf("%x: it has moved without taking anything", b)
			}
			return
		}
		taken++
		slow := scanner{b: b}
		if slow.any(0); slow.code != 0 || slow.at != quick.at {
			t.Fatalf("%x: %d bytes are taken; otherwise %d, %v", b, quick.at, slow.at, slow.code)
		}
	}
	check(nil)
	for first := range 256 {
		check([]byte{byte(first)})
		for second := range 256 {
			check([]byte{byte(first), byte(second)})
			check([]byte{byte(first), byte(second), 0})
			for _, last := range []byte{0x7f, 0x80, 0xff} {
				b := make([]byte, 24)
				b[0], b[1], b[len(b)-1] = byte(first), byte(second), last
				check(b)
				check(b[:12])
			}
		}
	}
	if taken < 10_000 {
		t.Errorf("only %d were taken", taken)
	}
	for b, want := range map[string]bool{
		"\x00": true, "\x17": true, "\x18\x18": true, "\x18\x17": false, "\x19\x01\x00": true, "\x19\x00\xff": false, "\x19\x01": false,
		"\x60": true, "\x61a": true, "\x61": false, "\x62\xc3\xa4": false, "\x20": false, "\x40": false, "\x80": false, "\xf6": false,
	} {
		s := scanner{b: []byte(b)}
		if got := s.brief(); got != want {
			t.Errorf("%x: taken %v", b, got)
		}
	}
	broken := scanner{b: []byte{1}, code: Truncated}
	if broken.brief() {
		t.Error("a scanner that has failed goes on")
	}
}
