package methods

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

var (
	module []byte
	shared *Host
)

// TestMain compiles the interpreter from its present sources. The machine code is kept by content in the user's cache folder: making it takes seconds,
// and a minute under the race detector.
func TestMain(m *testing.M) {
	if err := compileModule(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared = newHost(Options{})
	code := m.Run()
	if err := shared.Close(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func compileModule() error {
	dir, err := os.MkdirTemp("", "wab-methods-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "methods.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-buildmode=c-shared", "-o", file, "../../wasm/methods")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile wasm/methods: %w\n%s", err, out)
	}
	module, err = os.ReadFile(file)
	return err
}

// newHost gives calls a minute, unless a test says otherwise: how long one takes is the machine's affair, which may be busy, and under the race
// detector the 2 s of a server are soon over.
func newHost(o Options) *Host {
	if o.Time == 0 {
		o.Time = time.Minute
	}
	o.Module = func() ([]byte, error) { return module, nil }
	if dir, err := os.UserCacheDir(); err == nil && o.CacheDir == "" {
		o.CacheDir = filepath.Join(dir, "wab", "machine-code")
	}
	return New(o)
}
