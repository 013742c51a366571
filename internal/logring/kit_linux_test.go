package logring

import (
	"os"
	"path/filepath"
	"testing"
)

// newRing skips where there is no ring to test.
func newRing(t testing.TB) *Ring { return openRing(t, system) }

func openRing(t testing.TB, k kernel) *Ring {
	t.Helper()
	r, err := open(k)
	if err != nil {
		t.Skip("there is no io_uring here: ", err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func newFile(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func wantContents(t testing.TB, f *os.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Fatalf("the file holds %d bytes %.40q, want %d bytes %.40q", len(got), got, len(want), want)
	}
}
