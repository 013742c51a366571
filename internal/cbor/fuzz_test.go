package cbor

import (
	"encoding/hex"
	"testing"
)

// FuzzCheck holds what we accept against another implementation, which must read the same value from it.
func FuzzCheck(f *testing.F) {
	for in := range refused {
		b, _ := hex.DecodeString(in)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := Check(b); err != nil {
			readRefused(t, b)
			return
		}
		r := NewReader(b)
		ours := readValue(&r)
		if err := r.Done(); err != nil {
			t.Fatalf("checked, but not read: %v", err)
		}
		if again := appendValue(nil, ours); string(again) != string(b) {
			t.Fatalf("%x became %x", b, again)
		}
		var theirs any
		if err := peerDecode.Unmarshal(b, &theirs); err != nil {
			t.Fatalf("another refuses %x: %v", b, err)
		}
		if !same(ours, theirs) {
			t.Fatalf("%x is %#v for us, %#v for another", b, ours, theirs)
		}
	})
}

// readRefused reads what Check refuses: it may succeed (map keys out of order), but must neither panic nor go round for ever.
func readRefused(t *testing.T, b []byte) {
	r := NewReader(b)
	if r.Raw(); r.Done() == nil {
		t.Fatalf("%x is refused by Check, but not by Raw", b)
	}
	for r := NewReader(b); r.Kind() != KindNone; {
		before := r.At()
		switch r.Kind() {
		case KindArray:
			r.Array()
		case KindMap:
			r.Map()
		default:
			r.Skip()
		}
		if r.Err() == nil && r.At() <= before {
			t.Fatalf("reading %x stands still at %d", b, before)
		}
	}
}

// FuzzPeer takes any value that another implementation decodes: what it encodes again deterministically, if it is of our subset,
// we accept and encode the same.
func FuzzPeer(f *testing.F) {
	for in := range refused {
		b, _ := hex.DecodeString(in)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var v any
		if peerDecode.Unmarshal(b, &v) != nil || !inSubset(v, 0) {
			return
		}
		det, err := peerEncode.Marshal(v)
		if err != nil {
			t.Skip()
		}
		if err := Check(det); err != nil {
			t.Fatalf("%x: %v", det, err)
		}
		if ours := appendValue(nil, v); string(ours) != string(det) {
			t.Fatalf("we write %x, another %x", ours, det)
		}
	})
}

func inSubset(v any, depth int) bool {
	switch v := v.(type) {
	case nil, bool, uint64, int64, float64, string, []byte:
		return true
	case []any:
		ok := depth < MaxDepth
		for _, item := range v {
			ok = ok && inSubset(item, depth+1)
		}
		return ok
	case map[any]any:
		ok := depth < MaxDepth
		for k, item := range v {
			ok = ok && isKeyValue(k) && inSubset(item, depth+1)
		}
		return ok
	}
	return false
}

func isKeyValue(k any) bool {
	switch k.(type) {
	case string, uint64, int64:
		return true
	}
	return false
}
