package pebblestore

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2/batchrepr"

	"github.com/wabgo/wab/internal/store"
)

// A record of the log is what one batch of commits does, in their order. Numbers are varints, "bytes" a length and so many bytes:
//
//	revision uint64, count uint32     little-endian: the newest revision in it, and how many commits; package wal asks for them
//	of each commit:
//	  name bytes, revision, due       the head as the commit leaves it; revision 0: destroyed
//	  0, or 1 and keep bytes          1: all side keys are removed but those that begin with keep, if it isn't empty
//	  count, bytes each               side keys that are removed
//	  count, key and value bytes      side keys that are set

var errRecord = fmt.Errorf("%w: a record of the log", ErrCorrupt)

// beginRecord leaves room for what endRecord fills in.
func beginRecord(dst []byte) []byte { return append(dst[:0], make([]byte, batchrepr.HeaderLen)...) }

func endRecord(record []byte, newest store.Rev, count int) {
	binary.LittleEndian.PutUint64(record, uint64(newest))
	binary.LittleEndian.PutUint32(record[8:], uint32(count))
}

func appendCommit(dst []byte, w *store.Write, after head) []byte {
	dst = appendBytes(dst, w.CA)
	dst = binary.AppendUvarint(dst, uint64(after.rev))
	dst = binary.AppendVarint(dst, after.due)
	if w.Destroy {
		dst = appendBytes(append(dst, 1), w.Keep)
	} else {
		dst = append(dst, 0)
	}
	if after.rev == 0 {
		return append(dst, 0, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.Deletes)))
	for _, key := range w.Deletes {
		dst = appendBytes(dst, key)
	}
	dst = binary.AppendUvarint(dst, uint64(len(w.Puts)))
	for i := range w.Puts {
		dst = appendBytes(appendBytes(dst, w.Puts[i].Key), w.Puts[i].Value)
	}
	return dst
}

func appendBytes[T string | []byte](dst []byte, s T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// readRecord calls do for each commit of a record, whose slices lie in the record. It returns the newest revision.
func readRecord(record []byte, do func(w *store.Write, after head) error) (store.Rev, error) {
	if len(record) < batchrepr.HeaderLen {
		return 0, errRecord
	}
	newest, count := binary.LittleEndian.Uint64(record), binary.LittleEndian.Uint32(record[8:])
	r := reader{rest: record[batchrepr.HeaderLen:]}
	for range count {
		w, after := r.commit()
		if r.failed {
			return 0, errRecord
		}
		if err := do(&w, after); err != nil {
			return 0, err
		}
	}
	if len(r.rest) > 0 {
		return 0, errRecord
	}
	return store.Rev(newest), nil
}

// reader takes a record apart; after a failure it returns zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) commit() (w store.Write, after head) {
	w.CA = string(r.bytes())
	after.rev = store.Rev(r.uvarint())
	after.due = r.varint()
	w.Due = after.due
	switch r.uvarint() {
	case 0:
		r.failed = r.failed || after.rev == 0
	case 1:
		w.Destroy, w.Keep = true, r.bytes()
		r.failed = r.failed || (after.rev == 0) != (len(w.Keep) == 0)
	default:
		r.failed = true
	}
	for n := r.count(); n > 0 && !r.failed; n-- {
		w.Deletes = append(w.Deletes, r.bytes())
	}
	for n := r.count(); n > 0 && !r.failed; n-- {
		w.Puts = append(w.Puts, store.KV{Key: r.bytes(), Value: r.bytes()})
	}
	return w, after
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.skip(size)
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.rest)
	r.skip(size)
	return n
}

func (r *reader) skip(size int) {
	if size <= 0 {
		r.failed, r.rest = true, nil
		return
	}
	r.rest = r.rest[size:]
}

func (r *reader) bytes() []byte {
	n := r.count()
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// count is how many bytes follow, or things that take one each at least.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.failed, r.rest = true, nil
		return 0
	}
	return int(n)
}
