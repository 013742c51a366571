package main

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"

	"github.com/wabgo/wab/internal/store"
)

// bare is the limit of what a store on Pebble can do: it writes prepared keys and values, one batch and one sync a commit, and looks at
// nothing. A committer of the real kind merges what waits for it.
type bare struct {
	store.Store // nil: nothing but Commit is called
	db          *pebble.DB
	writes      map[string][]store.KV // by CA: keys as they lie in Pebble
	committer   *store.Committer
	fatal       chan error
}

// openBare makes an empty database that writes what was recorded, again and again.
func openBare(dir string, recorded []store.Write) (*bare, error) {
	db, err := pebble.Open(dir, bareOptions())
	if err != nil {
		return nil, err
	}
	b := &bare{db: db, writes: make(map[string][]store.KV, len(recorded)), fatal: make(chan error, 1)}
	for _, w := range recorded {
		b.writes[w.CA] = physical(w)
	}
	b.committer = store.NewCommitter(b, store.CommitterOptions{Fatal: func(err error) { b.fatal <- err }})
	return b, nil
}

// physical is what a write becomes in Pebble: each side key behind the CA's name, and the head, a key and 16 bytes.
func physical(w store.Write) []store.KV {
	const space, headMark, sideMark, headBytes = 'c', 0, 1, 16
	key := func(mark byte, rest []byte) []byte {
		return append(append(append([]byte{space}, w.CA...), mark), rest...)
	}
	out := []store.KV{{Key: key(headMark, nil), Value: make([]byte, headBytes)}}
	for _, kv := range w.Puts {
		out = append(out, store.KV{Key: key(sideMark, kv.Key), Value: kv.Value})
	}
	return out
}

// bareOptions are those of the real store.
func bareOptions() *pebble.Options {
	o := &pebble.Options{
		Logger:                      silent{},
		FormatMajorVersion:          pebble.FormatTableFormatV6,
		CacheSize:                   64 << 20,
		MemTableSize:                16 << 20,
		MemTableStopWritesThreshold: 4,
		L0StopWritesThreshold:       32,
		LBaseMaxBytes:               64 << 20,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
	}
	o.TargetFileSizes[0] = 4 << 20
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	o.Levels[0].Compression = func() *sstable.CompressionProfile { return sstable.NoCompression }
	return o
}

// silent drops what Pebble says.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

// Commit writes the prepared keys of each CA in one batch.
func (b *bare) Commit(writes []store.Write) []store.Result {
	results := make([]store.Result, len(writes))
	cas := make([]string, len(writes))
	for i := range writes {
		cas[i] = writes[i].CA
	}
	if err := b.write(cas...); err != nil {
		results[0].Err = err
	}
	return results
}

// write writes the prepared keys of some CAs in one batch, and syncs.
func (b *bare) write(cas ...string) (err error) {
	batch := b.db.NewBatch()
	defer batch.Close()
	for _, ca := range cas {
		for _, kv := range b.writes[ca] {
			if err == nil {
				err = batch.Set(kv.Key, kv.Value, nil)
			}
		}
	}
	if err == nil {
		err = batch.Commit(pebble.Sync)
	}
	return err
}

// plain has clients that each commit by themselves, without our committer: Pebble lets their syncs be shared.
func (b *bare) plain(inFlight int, cas []string) load {
	return load{inFlight, func(client int, done func(error)) func(int) {
		return func(n int) { done(b.write(nth(cas, client, n, inFlight))) }
	}}
}

// load has clients that write one CA after the other.
func (b *bare) load(inFlight int, cas []string) load {
	return load{inFlight, func(client int, done func(error)) func(int) {
		finish := func(r store.Result) { done(r.Err) }
		return func(n int) { b.committer.Submit(store.Write{CA: nth(cas, client, n, inFlight)}, finish) }
	}}
}

func (b *bare) close() error {
	b.committer.Close()
	return b.db.Close()
}

// nth is the CA of a client's n-th operation: clients that keep step never meet at one.
func nth(cas []string, client, n, inFlight int) string { return cas[(client+n*inFlight)%len(cas)] }
