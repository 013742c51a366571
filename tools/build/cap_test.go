package main

import (
	"bytes"
	"testing"
)

func TestCapMemory(t *testing.T) {
	head := "\x00asm\x01\x00\x00\x00\x01\x02ab"
	got, err := capMemory([]byte(head+"\x05\x04\x01\x00\x80\x01\x07\x01x"), 1024)
	if want := head + "\x05\x06\x01\x01\x80\x01\x80\x08\x07\x01x"; err != nil || string(got) != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{
		"", "\x00asm\x01\x00\x00\x00", head, head + "\x05\x01\x00", head + "\x05\x04\x01\x01\x01\x02", head + "\x05\x03\x01\x00\x7f\x05", head + "\x05\x04\x01\x00\xff\x7f", head + "\x05\x7f\x01\x00",
	} {
		if got, err := capMemory([]byte(bad), 64); err == nil && !bytes.Contains(got, []byte("\x05\x04\x01\x01\x7f\x40")) {
			t.Errorf("%q is capped to %q", bad, got)
		}
	}
}
