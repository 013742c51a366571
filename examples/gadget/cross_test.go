package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestItIsBuiltForBoards builds the gadget as make gadget does, and prints what it weighs.
func TestItIsBuiltForBoards(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the library for two more machines")
	}
	for _, arch := range [][]string{{"GOARCH=arm", "GOARM=6"}, {"GOARCH=arm64"}} {
		path := filepath.Join(t.TempDir(), "gadget")
		if err := goBuild(t, path, append(arch, "GOOS=linux", "CGO_ENABLED=0")...); err != nil {
			t.Errorf("%v: %v", arch, err)
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %.1f MB", arch, float64(info.Size())/1e6)
	}
}
