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

// fields of a section and of a delta frame, before those that a later version may add.
const (
	sectionFields = 6
	deltaFields   = 2
)

// readSections reads a delta frame. All of it is checked before anything is returned. changes is a buffer for them.
func readSections(frame []byte, changes []change) (list []section, buffer []change, err error) {
	r := cbor.NewReader(frame)
	extra := r.Array() - deltaFields
	r.Uint()
	for n := r.Array(); n > 0 && r.Err() == nil; n-- {
		start := len(changes)
		var s section
		s, changes = readSection(&r, frame, changes)
		s.changes = changes[start:]
		list = append(list, s)
	}
	skip(&r, extra)
	return list, changes, r.Done()
}

func readSection(r *cbor.Reader, frame []byte, changes []change) (section, []change) {
	extra := r.Array() - sectionFields
	s := section{id: r.Uint(), epoch: r.Uint(), from: r.Uint(), to: r.Uint()}
	start := r.At()
	changes = readDeletes(r, readSets(r, changes))
	s.batch = frame[start:r.At()]
	skip(r, extra)
	return s, changes
}

// skip passes over elements that this version does not know.
func skip(r *cbor.Reader, n int) {
	for ; n > 0; n-- {
		r.Skip()
	}
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }
