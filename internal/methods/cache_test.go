package methods

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOldMachineCodeIsRemoved(t *testing.T) {
	dir := t.TempDir()
	kept := filepath.Join(dir, "somebody-elses")
	if err := os.Mkdir(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	var folders []string
	for i := range maxKept + 2 {
		cache, err := openFolder(dir, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		defer cache.Close(context.Background())
		found, _ := filepath.Glob(filepath.Join(dir, "????????????????"))
		for _, f := range found { // make all that is there older than what comes next
			at := usedAt(f).Add(-time.Hour)
			if err := os.Chtimes(f, at, at); err != nil {
				t.Fatal(err)
			}
		}
		folders = found
	}
	if len(folders) != maxKept {
		t.Errorf("%d versions are kept", len(folders))
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

func TestACacheThatCantBeUsedIsOnlySlow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if openCache(file, nil) == nil {
		t.Error("there is no cache")
	}
}
