package pebblestore

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
)

const (
	maxRecord       = 4 << 20  // where one Commit goes on with another record
	defaultMemtable = 32 << 20 // of keys, values and what they take in memory; as many bytes of log
	maxMemtable     = 1 << 30  // one is a batch of Pebble's, which ends at 4 GiB
	defaultCache    = 64 << 20
	defaultHeads    = 1 << 16
)

func tuned(opts Options, l *logger) *pebble.Options {
	p := &pebble.Options{
		FS:                          guarded(opts.FS, l.failure),
		Logger:                      l,
		EventListener:               l.listener(),
		FormatMajorVersion:          pebble.FormatTableFormatV6,
		CacheSize:                   opts.CacheBytes,
		DisableWAL:                  true, // what comes here is in ours until it is in tables
		MemTableSize:                16 << 20,
		MemTableStopWritesThreshold: 4,
		L0StopWritesThreshold:       32,
		LBaseMaxBytes:               64 << 20,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		MaxManifestFileSize:         8 << 20, // read twice at every start
	}
	p.TargetFileSizes[0] = 4 << 20
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		p.Levels[i].Compression = func() *sstable.CompressionProfile { return sstable.SnappyCompression }
	}
	// What stands in level 0 is soon written again: packing it costs more than it saves.
	p.Levels[0].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	return p
}
