package pebblestore

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// TestCA5_StaleWriterIsRefused: an activation that sleeps through the destruction of its CA, its re-creation and crashes of the process
// is refused in the end, whatever of the heads is still remembered.
func TestCA5_StaleWriterIsRefused(t *testing.T) {
	for _, remembered := range []int{1, 1000} {
		disk := vfs.NewCrashableMem()
		var stale []store.Rev
		for life := range 6 {
			s, err := Open("data/store", Options{FS: disk, Heads: remembered, Fatal: neverFatal(t)})
			if err != nil {
				t.Fatal(err)
			}
			rev, _, err := stateOf(s, testCA)
			if err != nil {
				t.Fatal(err)
			}
			for n := range 20 {
				w := store.Write{CA: testCA, Expect: rev, Due: int64(n), Destroy: n%5 == 4}
				filler := store.Write{CA: fmt.Sprintf("app:filler/n%d-%d", life, n)}
				r := s.Commit([]store.Write{w, filler})
				if r[0].Err != nil || r[1].Err != nil {
					t.Fatal(r)
				}
				stale, rev = append(stale, rev), r[0].Rev
				for _, old := range stale {
					if old == rev {
						if rev != 0 {
							t.Fatalf("revision %d came back", rev)
						}
						continue
					}
					w := store.Write{CA: testCA, Expect: old, Puts: []store.KV{{Key: []byte("stale")}}}
					if r := s.Commit([]store.Write{w})[0]; r.Err != store.ErrConflict {
						t.Fatalf("revision %d was accepted over %d: %+v", old, rev, r)
					}
				}
			}
			disk = disk.CrashClone(vfs.CrashCloneCfg{})
			_ = s.Close()
		}
	}
}

// TestRevisionsGoOn where nothing but the sequence tells how far they had come: the newest one was that of a CA that is gone.
func TestRevisionsGoOn(t *testing.T) {
	for name, crash := range map[string]bool{"Crash": true, "Close": false} {
		t.Run(name, func(t *testing.T) {
			disk, last := vfs.NewCrashableMem(), store.Rev(0)
			for range 5 {
				s, err := Open("data/store", Options{FS: disk, Fatal: neverFatal(t)})
				if err != nil {
					t.Fatal(err)
				}
				for range 4 {
					r := s.Commit([]store.Write{{CA: testCA}})[0]
					if r.Err != nil || r.Rev <= last {
						t.Fatalf("%+v after %d", r, last)
					}
					last = r.Rev
					if r := s.Commit([]store.Write{{CA: testCA, Expect: last, Destroy: true}})[0]; r.Err != nil {
						t.Fatal(r.Err)
					}
				}
				if crash {
					disk = disk.CrashClone(vfs.CrashCloneCfg{})
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestHeadsForgetTheOldest(t *testing.T) {
	c := newHeads(10)
	for i := range 100 {
		c.put(fmt.Sprint(i), head{rev: store.Rev(i)})
		if h := c.get("0"); h == nil || h.rev != 0 { // asked for all the time
			t.Fatalf("after %d: %v", i, h)
		}
		if len(c.young)+len(c.old) > 20 {
			t.Fatalf("%d heads are remembered", len(c.young)+len(c.old))
		}
	}
	if c.get("50") != nil || c.get("99") == nil || c.get("95") == nil {
		t.Fatal("not the oldest were forgotten")
	}
}
