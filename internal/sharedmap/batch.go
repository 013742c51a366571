package sharedmap

import "github.com/wabgo/wab/internal/cbor"

// A batch is how changes reach pages and caches: a CBOR map of what was set and, unless it ends there, a CBOR array of the keys that were
// deleted. That is how they stand in a delta, so that a batch is a piece of the frame it came with.

// change is one key of a batch, as slices of it. A nil value deletes.
type change struct{ key, value []byte }

// readSets appends what a map sets.
func readSets(r *cbor.Reader, list []change) []change {
	for n := r.Map(); n > 0; n-- {
		key, value := r.TextBytes(), r.Raw()
		if value == nil {
			return list // r holds the error
		}
		list = append(list, change{key, value})
	}
	return list
}

// readDeletes appends the keys of an array.
func readDeletes(r *cbor.Reader, list []change) []change {
	for n := r.Array(); n > 0; n-- {
		key := r.TextBytes()
		if key == nil {
			return list
		}
		list = append(list, change{key: key})
	}
	return list
}

// readBatch reads a whole batch.
func readBatch(batch []byte, list []change) ([]change, error) {
	r := cbor.NewReader(batch)
	list = readSets(&r, list)
	if len(r.Rest()) > 0 {
		list = readDeletes(&r, list)
	}
	return list, r.Done()
}

// section is one map's part of a delta frame.
type section struct {
	id, epoch, from, to uint64
	batch               []byte   // aliases the frame
	changes             []change // so do they
}

// fields of a section, before those that a later version may add.
const sectionFields = 6

// readSections reads the array of a delta frame. All of it is checked before anything is returned. changes is a buffer for them.
func readSections(deltas []byte, changes []change) (list []section, buffer []change, err error) {
	r := cbor.NewReader(deltas)
	n := r.Array()
	list = make([]section, 0, min(n, 16))
	for ; n > 0 && r.Err() == nil; n-- {
		start := len(changes)
		var s section
		s, changes = readSection(&r, deltas, changes)
		s.changes = changes[start:len(changes):len(changes)]
		list = append(list, s)
	}
	if err := r.Done(); err != nil {
		return nil, changes, err
	}
	return list, changes, nil
}

func readSection(r *cbor.Reader, whole []byte, changes []change) (section, []change) {
	extra := r.Array() - sectionFields
	s := section{id: r.Uint(), epoch: r.Uint(), from: r.Uint(), to: r.Uint()}
	start := r.At()
	changes = readSets(r, changes)
	changes = readDeletes(r, changes)
	s.batch = whole[start:r.At():r.At()]
	for ; extra > 0 && r.Err() == nil; extra-- {
		r.Skip()
	}
	return s, changes
}
