package pebblestore

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
	"github.com/wabgo/wab/internal/store/storetest"
)

func TestStore(t *testing.T) {
	for name, opts := range map[string]Options{
		"Cached":    {},
		"Forgetful": {Heads: 1},                // nearly every compare-and-set reads
		"Flushing":  {Heads: 1, Memtable: 300}, // nearly every commit begins a memtable
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Opener {
				opts := opts
				opts.FS, opts.Fatal = vfs.NewMem(), neverFatal(t)
				return func() (store.Store, error) { return Open("data/store", opts) }
			})
		})
	}
	t.Run("Disk", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) storetest.Opener {
			dir := t.TempDir()
			return func() (store.Store, error) { return Open(dir, Options{Fatal: neverFatal(t)}) }
		})
	})
}

func neverFatal(t testing.TB) func(error) {
	return func(err error) { t.Errorf("fatal: %v", err) }
}
