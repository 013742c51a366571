package cbor

import "slices"

// Entry is one key of a map with its value, both encoded.
type Entry struct{ Key, Value Raw }

// AppendMap appends a map of entries in any order, which it sorts in place. It refuses a key that comes twice by ok = false, and
// returns dst as it was.
func AppendMap(dst []byte, entries []Entry) (out []byte, ok bool) {
	slices.SortFunc(entries, func(a, b Entry) int { return CompareKeys(a.Key, b.Key) })
	out = AppendMapHeader(dst, len(entries))
	for i, e := range entries {
		if i > 0 && Equal(entries[i-1].Key, e.Key) {
			return dst, false
		}
		out = append(append(out, e.Key...), e.Value...)
	}
	return out, true
}

// CompareKeys orders encoded keys as maps want them: -1, 0 or 1.
func CompareKeys(a, b Raw) int {
	switch {
	case string(a) < string(b):
		return -1
	case string(a) > string(b):
		return 1
	}
	return 0
}

// Equal tells whether two items are the same value.
func Equal(a, b Raw) bool { return string(a) == string(b) }
