package wabproc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// built is where the command lies, while the tests of this process run.
var built struct {
	sync.Once
	dir string // empty outside of M.Run
	err error
}

// M runs a package's tests and removes what Binary has built: goleak.VerifyTestMain(wabproc.M{M: m}).
type M struct{ *testing.M }

// Run returns the exit code.
func (m M) Run() int {
	dir, err := os.MkdirTemp("", "wab-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built.dir = dir
	return m.M.Run()
}

// Binary is the path of the wab command. Anybody may run it, users without rights too.
func Binary(t testing.TB) string {
	t.Helper()
	if built.dir == "" {
		t.Fatal("this package's TestMain must run a wabproc.M")
	}
	path := filepath.Join(built.dir, "wab")
	built.Do(func() { built.err = build(path) })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return path
}

func build(path string) error {
	if err := os.Chmod(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// What go run links it keeps, unlike go build: the tests of the next package have it at once.
	if out, err := exec.Command("go", "run", "-exec", "cp", "github.com/wabgo/wab/tools/wab", path).CombinedOutput(); err != nil {
		return fmt.Errorf("build the wab command: %w\n%s", err, out)
	}
	return nil
}
