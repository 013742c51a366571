package sharedmap

import "github.com/wabgo/wab/internal/cbor"

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
