package sharedmap

import "unsafe"

// Entry is one key of a map.
type Entry struct {
	Key     string
	Value   []byte // one CBOR item; nil: deleted
	Version uint64 // that changed it last
}

// An item is an entry as it is kept: one string of a byte (the key's length, less one), the key, and the value, which a tombstone
// has not. Three words and one piece of memory for each entry are what makes a million of them affordable. The zero item is none, and
// counts as dead.
type item struct {
	text  string
	stamp uint64 // twice the version, and one more for a tombstone: most of a tree's work needs no look into the text
}

func newItem(key string, value []byte, version uint64) item {
	b := make([]byte, 0, 1+len(key)+len(value))
	b = append(append(append(b, byte(len(key)-1)), key...), value...)
	it := item{unsafe.String(unsafe.SliceData(b), len(b)), version << 1}
	if len(value) == 0 {
		it.stamp |= 1
	}
	return it
}

func (it item) version() uint64 { return it.stamp >> 1 }

// at is the item with another version.
func (it item) at(version uint64) item { return item{it.text, version<<1 | it.stamp&1} }

func (it item) key() string { return it.text[1:it.valueAt()] }

func (it item) valueAt() int { return 2 + int(it.text[0]) }

func (it item) none() bool { return it.text == "" }

func (it item) dead() bool { return it.stamp&1 != 0 || it.none() }

// bytes are those of the key and the value.
func (it item) bytes() int { return len(it.text) - 1 }

// value shares its memory with the item.
func (it item) value() []byte {
	if it.dead() {
		return nil
	}
	v := it.text[it.valueAt():]
	return unsafe.Slice(unsafe.StringData(v), len(v))
}

func (it item) entry() Entry { return Entry{it.key(), it.value(), it.version()} }

// same tells whether two items of one key have the same value, or both have none.
func (it item) same(other item) bool { return it.text == other.text || it.dead() && other.dead() }

// compareKeys orders keys as a CBOR map does.
func compareKeys(a, b string) int {
	switch {
	case len(a) != len(b):
		return len(a) - len(b)
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
