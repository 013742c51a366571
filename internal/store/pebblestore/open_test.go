package pebblestore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/wabgo/wab/internal/store"
)

const testCA = "app:alice/home"

// made is the folder of a store whose process was killed: some CAs are in tables, some in the log.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data", "store")
	fill(t, dir, nil)
	killed := filepath.Join(t.TempDir(), "data", "store")
	fill(t, dir, func() {
		if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
	})
	return killed
}

// fill commits to a store in a folder, and calls meanwhile before it closes it.
func fill(t *testing.T, dir string, meanwhile func()) {
	t.Helper()
	s, err := Open(dir, Options{Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	rev, _, err := stateOf(s, testCA)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Commit([]store.Write{step(testCA, 3, rev)})[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
	for i := range 200 {
		ca := fmt.Sprintf("app:filler%d/n%d", rev, i)
		if r := s.Commit([]store.Write{step(ca, 1+i%16, 0)})[0]; r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	if meanwhile != nil {
		meanwhile()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func wantMade(t *testing.T, dir string) {
	t.Helper()
	s, err := Open(dir, Options{Fatal: neverFatal(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, state, err := stateOf(s, testCA); err != nil || !slices.Equal(state, stateAfter(3)) {
		t.Fatalf("%.60q, %v", state, err)
	}
}

// refused opens a folder and wants one clear line of an error.
func refused(t *testing.T, dir string, opts Options, want error) {
	t.Helper()
	opts.Fatal = neverFatal(t)
	s, err := Open(dir, opts)
	if err == nil {
		_ = s.Close()
		t.Fatal("it opened")
	}
	if !errors.Is(err, want) {
		t.Fatalf("error %q, want %q", err, want)
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.Contains(text, dir) || !strings.Contains(text, advice[want]) {
		t.Fatalf("unclear: %q", text)
	}
}

// tree is what there is in a folder: names and contents.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		fmt.Fprintf(&list, "%s %x\n", path, sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

func unchanged(t *testing.T, dir string, act func()) {
	t.Helper()
	before := tree(t, dir)
	act()
	if after := tree(t, dir); after != before {
		t.Fatalf("the folder changed from\n%s to\n%s", before, after)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenNewer(t *testing.T) {
	t.Run("Marker", func(t *testing.T) {
		dir := made(t)
		write(t, filepath.Join(dir, markerName), "wab store 3\n")
		unchanged(t, dir, func() { refused(t, dir, Options{}, ErrNewer) })
		write(t, filepath.Join(dir, markerName), "wab store 2\n")
		wantMade(t, dir)
	})
	t.Run("Format", func(t *testing.T) {
		dir := made(t)
		setFormat(t, dir, formatValue(version+1))
		refused(t, dir, Options{}, ErrNewer)
		setFormat(t, dir, formatValue(version))
		wantMade(t, dir)
	})
	t.Run("Pebble", func(t *testing.T) {
		dir := made(t)
		markers, err := filepath.Glob(filepath.Join(dir, "marker.format-version.*"))
		if err != nil || len(markers) != 1 {
			t.Fatal(markers, err)
		}
		newer := filepath.Join(dir, "marker.format-version.000999.999")
		if err := os.Rename(markers[0], newer); err != nil {
			t.Fatal(err)
		}
		unchanged(t, dir, func() { refused(t, dir, Options{}, ErrNewer) })
		if err := os.Rename(newer, markers[0]); err != nil {
			t.Fatal(err)
		}
		wantMade(t, dir)
	})
}

func setFormat(t *testing.T, dir string, value []byte) {
	t.Helper()
	db, err := pebble.Open(dir, &pebble.Options{Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Set(formatKey, value, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenForeign(t *testing.T) {
	t.Run("Files", func(t *testing.T) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "thesis.txt"), "years of work")
		unchanged(t, dir, func() { refused(t, dir, Options{}, ErrForeign) })
	})
	t.Run("Pebble", func(t *testing.T) {
		dir := t.TempDir()
		db, err := pebble.Open(dir, &pebble.Options{Logger: quiet{}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Set([]byte("k"), []byte("v"), pebble.Sync), db.Close()); err != nil {
			t.Fatal(err)
		}
		unchanged(t, dir, func() { refused(t, dir, Options{}, ErrForeign) })
	})
	t.Run("Format", func(t *testing.T) {
		dir := made(t)
		setFormat(t, dir, []byte("other"))
		refused(t, dir, Options{}, ErrForeign)
	})
	t.Run("EmptyButForTheFileSystem", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
			t.Fatal(err)
		}
		s, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
	})
}

// TestOpenCorrupt damages one file at a time. The store says so, and opens with all it had once the file is as it was.
func TestOpenCorrupt(t *testing.T) {
	for name, test := range map[string]struct {
		pattern string
		damage  func(data []byte) []byte // nil removes the file
	}{
		"MarkerText":        {markerName, func([]byte) []byte { return []byte("????") }},
		"MarkerEmpty":       {markerName, func([]byte) []byte { return nil }},
		"MarkerLog":         {markerName, func([]byte) []byte { return []byte("wab store 2\nlog first\n") }},
		"MarkerVersion":     {markerName, func([]byte) []byte { return []byte("wab store one\n") }},
		"ManifestFlipped":   {"MANIFEST-*", func(data []byte) []byte { data[20] ^= 1; return data }},
		"ManifestLength":    {"MANIFEST-*", func(data []byte) []byte { data[4] ^= 0xff; return data }},
		"ManifestCut":       {"MANIFEST-*", func(data []byte) []byte { return data[:10] }},
		"ManifestMissing":   {"MANIFEST-*", nil},
		"CurrentMissing":    {"marker.manifest.*", nil},
		"FormatMissing":     {"marker.format-version.*", nil},
		"TableCut":          {"*.sst", func(data []byte) []byte { return data[:len(data)/2] }},
		"TableMissing":      {"*.sst", nil},
		"LogFlipped":        {"log/*.log", flipped},
		"LogFlippedAtStart": {"log/*.log", func(data []byte) []byte { data[20] ^= 1; return data }},
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t)
			path := newest(t, dir, test.pattern)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if test.damage == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, test.damage(bytes.Clone(data)), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			refused(t, dir, Options{}, ErrCorrupt)
			write(t, path, string(data))
			wantMade(t, dir)
		})
	}
}

func flipped(data []byte) []byte {
	data[len(data)/2] ^= 0x40
	return data
}

func newest(t *testing.T, dir, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatal(pattern, paths, err)
	}
	return slices.Max(paths)
}

// TestOpenReadOnly opens on a file system that refuses writes, as it does for folders of others and for mounts.
func TestOpenReadOnly(t *testing.T) {
	for name, refusal := range map[string]error{"Mount": syscall.EROFS, "Rights": syscall.EACCES} {
		t.Run(name, func(t *testing.T) {
			readOnly := inject(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
				if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && op.Kind != errorfs.OpFileClose {
					return &fs.PathError{Op: "open", Path: op.Path, Err: refusal}
				}
				return nil
			}))
			dir := made(t)
			unchanged(t, dir, func() { refused(t, dir, Options{FS: readOnly}, ErrReadOnly) })
			wantMade(t, dir)
			refused(t, filepath.Join(t.TempDir(), "new"), Options{FS: readOnly}, ErrReadOnly)
		})
	}
	t.Run("Folder", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("nothing is read-only for root")
		}
		dir := made(t)
		for _, mode := range []os.FileMode{0o500, 0o700} {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
			if mode == 0o500 {
				refused(t, dir, Options{}, ErrReadOnly)
			}
		}
		wantMade(t, dir)
	})
}

// TestOpenFailsAtAnyOperation: whichever operation on the disk fails while a store is made, Open says so in one line, without ending
// the process, and the next Open succeeds.
func TestOpenFailsAtAnyOperation(t *testing.T) {
	for at := int64(0); ; at++ {
		mem := vfs.NewMem()
		var count atomic.Int64
		fsys := inject(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if count.Add(1)-1 == at && op.Kind != errorfs.OpFileClose { // MemFS would never close the file
				return errInjected
			}
			return nil
		}))
		s, err := Open("data/store", Options{FS: fsys, Fatal: func(error) {}})
		reached := count.Load() > at
		if err == nil {
			_ = s.Close()
		} else if strings.Contains(err.Error(), "\n") {
			t.Fatalf("operation %d: not one line: %q", at, err)
		}
		if errors.Is(err, errGivenUp) { // by a machine that stood still for a second
			if err := openWhenFree(t, mem).Close(); err != nil {
				t.Fatal(err)
			}
		}
		openAndClose(t, mem)
		if !reached {
			return
		}
	}
}

func TestMarker(t *testing.T) {
	for text, want := range map[string]struct {
		state folder
		err   error
	}{
		"wab store 1":         {folderReady, nil},
		"wab store 1\nmore":   {folderReady, nil},
		"wab store 1 new\n":   {folderBegun, nil},
		"wab store 2":         {folderReady, nil},
		"wab store 3 new\n":   {0, ErrNewer},
		"wab store 999999999": {0, ErrNewer},
		"wab store 0":         {0, ErrCorrupt},
		"wab store -1":        {0, ErrCorrupt},
		"wab store":           {0, ErrCorrupt},
		"":                    {0, ErrCorrupt},
		"\nwab store 1":       {0, ErrCorrupt},
	} {
		state, err := parseMarker([]byte(text))
		if state != want.state || !errors.Is(err, want.err) {
			t.Errorf("%q: %v, %v", text, state, err)
		}
	}
}
