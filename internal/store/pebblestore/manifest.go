package pebblestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// The list of tables, MANIFEST, is a log: Pebble takes the first record that doesn't check for the torn end that a power cut leaves,
// and then removes every table that it has not read of. A damaged byte in the middle would cost all later tables, so we look first:
// behind a torn end no record begins.

// checkManifest reports a manifest that is damaged before its end.
func checkManifest(fsys vfs.FS, dir string) error {
	desc, err := pebble.Peek(dir, fsys)
	if err != nil || !desc.Exists {
		return err // what isn't there, Pebble misses
	}
	f, err := fsys.Open(desc.ManifestFilename)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if !endsTorn(data) {
		return fmt.Errorf("%w: %s", ErrCorrupt, fsys.PathBase(desc.ManifestFilename))
	}
	return nil
}

// The format of the log: blocks of chunks, each with a checksum of 4 bytes, a length of 2, and its place in its record; zeros fill the
// rest of a block that is too short for another chunk (pebble/v2/record, record.go).
const (
	logBlock    = 32 << 10
	chunkHeader = 4 + 2 + 1
	chunkFull   = 1 // a record of its own
	chunkFirst  = 2 // the first of several
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// endsTorn tells whether a log is whole up to a point, and no record begins behind that.
func endsTorn(log []byte) bool {
	damaged := false
	for len(log) > 0 {
		block := log[:min(logBlock, len(log))]
		log = log[len(block):]
		for len(block) >= chunkHeader {
			size, place := chunk(block)
			switch {
			case size == 0 && empty(block):
				size = len(block)
			case size == 0:
				damaged, size = true, 1 // look for the next one
			case damaged && (place == chunkFull || place == chunkFirst):
				return false
			}
			block = block[size:]
		}
	}
	return true
}

// chunk is the size of the chunk that a block begins with, 0 if none that checks does.
func chunk(block []byte) (size int, place byte) {
	size = chunkHeader + int(binary.LittleEndian.Uint16(block[4:]))
	if size > len(block) {
		return 0, 0
	}
	if binary.LittleEndian.Uint32(block) != masked(crc32.Checksum(block[6:size], castagnoli)) {
		return 0, 0
	}
	return size, block[6]
}

// masked is how Pebble stores a checksum.
func masked(sum uint32) uint32 { return (sum>>15 | sum<<17) + 0xa282ead8 }

func empty(block []byte) bool {
	for _, b := range block {
		if b != 0 {
			return false
		}
	}
	return true
}
