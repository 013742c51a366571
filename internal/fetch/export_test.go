package fetch

import "github.com/wabgo/wab/internal/outgoing"

// Underway is how many calls have begun, and not ended.
func (f *Fetches) Underway() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.underway
}

// Pack is a call as it is stored, unsealed.
func Pack(c *outgoing.Call) []byte { return pack(c) }

// Seal is a request as it is stored.
func Seal(ca string, id uint64, packed []byte) []byte {
	return newSeal(make([]byte, 32)).seal(ca, &pending{id: id, request: packed})
}

// Open is what Seal was given.
func Open(ca string, id uint64, stored []byte) ([]byte, bool) {
	packed, unreadable := newSeal(make([]byte, 32)).open(ca, &pending{id: id}, stored)
	return packed, !unreadable
}
