package pebblestore

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/wabgo/wab/internal/store"
)

// version1 is what a crash leaves of a store of version 1, whose log was Pebble's own: some CAs are in tables as well, with an older state, and what replaced that is in the log only.
func version1(t *testing.T, h *history, at []int) *vfs.MemFS {
	t.Helper()
	disk := vfs.NewCrashableMem()
	if err := errors.Join(makeDir(disk, "data/store"), writeSynced(disk, "data/store/WAB-STORE", "wab store 1\n"), syncDir(disk, "data/store")); err != nil {
		t.Fatal(err)
	}
	db, err := pebble.Open("data/store", &pebble.Options{FS: disk, Logger: quiet{}, FormatMajorVersion: pebble.FormatTableFormatV6})
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(db.Set(formatKey, formatValue(1), pebble.Sync), db.Set(sequenceKey, appendNumber(nil, 1<<32), pebble.Sync))
	for i, name := range h.names {
		err = errors.Join(err, version1CA(db, name, caState{}, h.states[i][at[i]-1], store.Rev(i+1)))
	}
	err = errors.Join(err, db.Flush())
	for i, name := range h.names {
		err = errors.Join(err, version1CA(db, name, h.states[i][at[i]-1], h.states[i][at[i]], store.Rev(i+11)))
	}
	left := disk.CrashClone(vfs.CrashCloneCfg{})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return left
}

// version1CA commits what makes one state of another, as version 1 did.
func version1CA(db *pebble.DB, name string, from, to caState, rev store.Rev) error {
	batch := db.NewBatch()
	defer batch.Close()
	err := batch.DeleteRange(appendCA(nil, name, endHead), appendCA(nil, name, endCA), nil)
	if from.due != to.due && from.due != 0 {
		err = errors.Join(err, batch.SingleDelete(appendDue(nil, from.due, name), nil))
	}
	if from.due != to.due && to.due != 0 {
		err = errors.Join(err, batch.Set(appendDue(nil, to.due, name), nil, nil))
	}
	for key, value := range to.keys {
		err = errors.Join(err, batch.Set(appendSide(nil, name, []byte(key)), []byte(value), nil))
	}
	if to.keys != nil {
		err = errors.Join(err, batch.Set(appendCA(nil, name, endHead), appendHead(nil, head{rev, to.due}), nil))
	}
	return errors.Join(err, batch.Commit(pebble.Sync))
}

// TestCA3_AStoreOfVersion1GoesOn: it shows what was committed to it, also where the power is cut before any operation on the disk that makes it one of this version. A wab that knows version 1 only refuses it from then on:
// it would not look into the log.
func TestCA3_AStoreOfVersion1GoesOn(t *testing.T) {
	const cas = 6
	rng := rand.New(rand.NewPCG(1, 6))
	h := newHistory(rng, cas, 60)
	at := []int{1, 2, 3, 9, 12, 20}
	old := remains{disk: version1(t, h, at), before: "an upgrade", acked: at, submitted: at, newest: cas + 10}
	for _, r := range live(t, rng, h, old, 3, 1) {
		committed := false
		for i := range at {
			committed = committed || r.submitted[i] > at[i]
		}
		if committed || r.before == "nothing" {
			wantVersion2(t, r)
		}
		next := live(t, rng, h, r, 2, 20)
		live(t, rng, h, next[rng.IntN(len(next))], 0, 1000)
		wantVersion2(t, next[len(next)-1])
	}
}

func wantVersion2(t *testing.T, r remains) {
	t.Helper()
	f, err := r.disk.Open("data/store/WAB-STORE")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || !strings.HasPrefix(string(text), "wab store 2\n") {
		t.Fatalf("after a cut before %q: %q, %v", r.before, text, err)
	}
	names, err := r.disk.List("data/store")
	logs := 0
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			logs++
		}
	}
	if err != nil || logs > 3 {
		t.Fatalf("files of Pebble's log gather: %q, %v", names, err)
	}
}
