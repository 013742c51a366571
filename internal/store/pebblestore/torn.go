package pebblestore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/wal"
)

// A power cut may leave the last record of the log torn. What comes before it was made durable first: where another record begins behind a chunk that doesn't check, that is no torn end but damage.
// Pebble's reader asks for less. It believes in damage where a later block names an offset up to which the log was synced, and its writer counts too little of large records.

// The chunks of the log, where those of the manifest have a shorter header (pebble/v2/record, record.go): checksum, length, place in the record, the log's number, and an offset.
const (
	logHeader = 4 + 2 + 1 + 4 + 8
	logFull   = 9  // a record of its own
	logFirst  = 10 // the first of several
	logLast   = 12
)

// tornAt tells whether a log whose record at an offset doesn't check ends there.
func tornAt(l wal.LogicalLog, at wal.Offset) (bool, error) {
	fsys, path := l.SegmentLocation(0)
	f, err := fsys.Open(path)
	if err != nil {
		return false, err
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	return !goesOn(data, uint32(l.Num), int(at.Physical)), nil
}

// goesOn tells whether a record begins behind the one at an offset. It looks only where chunks must begin, at the start of a block and behind another chunk: elsewhere lie contents of anybody's making.
func goesOn(log []byte, number uint32, at int) bool {
	if left := logBlock - at%logBlock; left < logHeader {
		at += left // no chunk begins there
	}
	for own := true; at < len(log); own = false {
		block := log[at:min(len(log), at-at%logBlock+logBlock)]
		size, sound := logChunk(block, number)
		if sound && !own && (block[6] == logFull || block[6] == logFirst) {
			return true
		}
		if size == 0 {
			size = len(block)
		}
		at += size
	}
	return false
}

// logChunk is the size of the chunk that a block begins with, 0 if it isn't one of this log, and whether it is sound.
func logChunk(block []byte, number uint32) (size int, sound bool) {
	if len(block) < logHeader || block[6] < logFull || block[6] > logLast || binary.LittleEndian.Uint32(block[7:]) != number {
		return 0, false
	}
	if size = logHeader + int(binary.LittleEndian.Uint16(block[4:])); size > len(block) {
		return 0, false
	}
	return size, binary.LittleEndian.Uint32(block) == masked(crc32.Checksum(block[6:size], castagnoli))
}
