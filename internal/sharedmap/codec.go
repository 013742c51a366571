package sharedmap

import (
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/wire"
)

// deltaHead is what an encoded delta takes at most without its keys and values: six heads of numbers and sizes, and its own.
const deltaHead = 1 + 6*9

// AppendDelta appends a delta as it travels: [id, epoch, from, to, sets, deletes]. id is the number that the connection gives the map,
// sets a CBOR map of keys and values, deletes an array of keys in the same order.
func AppendDelta(dst []byte, id uint64, d *Delta) []byte {
	changes := d.inOrder()
	dst = cbor.AppendUint(cbor.AppendArrayHeader(dst, 6), id)
	dst = cbor.AppendUint(dst, d.Epoch)
	dst = cbor.AppendUint(cbor.AppendUint(dst, d.From), d.To)
	sets := 0
	for _, e := range changes {
		if e.Value != nil {
			sets++
		}
	}
	dst = appendSets(cbor.AppendMapHeader(dst, sets), changes)
	dst = cbor.AppendArrayHeader(dst, len(changes)-sets)
	for _, e := range changes {
		if e.Value == nil {
			dst = cbor.AppendText(dst, e.Key)
		}
	}
	return dst
}

// AppendEntries appends live entries, each key once, as a CBOR map of keys and values, such as a part of a snapshot.
func AppendEntries(dst []byte, entries []Entry) []byte {
	return appendSets(cbor.AppendMapHeader(dst, len(entries)), inOrder(entries))
}

func appendSets(dst []byte, entries []Entry) []byte {
	for _, e := range entries {
		if e.Value != nil {
			dst = append(cbor.AppendText(dst, e.Key), e.Value...)
		}
	}
	return dst
}

// ParseDelta reads a delta that AppendDelta wrote. Values share memory with b. The version of each change is To, for the others don't
// travel. Errors are *wire.Error (bad_request).
func ParseDelta(b []byte) (id uint64, d *Delta, err error) {
	if cbor.Check(b) != nil {
		return 0, nil, errDelta
	}
	r := cbor.NewReader(b)
	extra := r.Array() - 6
	id = r.Uint()
	d = &Delta{Epoch: r.Uint(), From: r.Uint(), To: r.Uint()}
	sets := parseSets(&r, d.To)
	deletes := parseDeletes(&r, d.To)
	d.Changes = mergeChanges(sets, deletes)
	if r.Err() != nil || extra < 0 || d.From > d.To || len(d.Changes) != len(sets)+len(deletes) || !keysFit(d.Changes) {
		return 0, nil, errDelta
	}
	return id, d, nil
}

var errDelta = wire.Err(wire.BadRequest, "The changes of a map are malformed.")

// parseSets and parseDeletes read what has been checked, so that sizes are as claimed, and the keys of a map are in order.
func parseSets(r *cbor.Reader, version uint64) []Entry {
	entries := make([]Entry, r.Map())
	for i := range entries {
		entries[i] = Entry{r.Text(), r.Raw(), version}
	}
	return entries
}

func parseDeletes(r *cbor.Reader, version uint64) []Entry {
	entries := make([]Entry, r.Array())
	for i := range entries {
		entries[i] = Entry{Key: r.Text(), Version: version}
	}
	return entries
}

// keysFit tells whether keys are as long as they may be, and in order, each once.
func keysFit(entries []Entry) bool {
	for i, e := range entries {
		if len(e.Key) == 0 || len(e.Key) > MaxKey || len(e.Value) > MaxValue {
			return false
		}
		if i > 0 && compareKeys(entries[i-1].Key, e.Key) >= 0 {
			return false
		}
	}
	return true
}

func (e Entry) encoded() int { return textHead(len(e.Key)) + len(e.Key) + len(e.Value) }

func (it item) encoded() int { return textHead(it.valueAt()-1) + it.bytes() }

// textHead is the size of the head of a text of n bytes, n being no more than MaxKey.
func textHead(n int) int {
	switch {
	case n < 24:
		return 1
	case n < 256:
		return 2
	}
	return 3
}
