package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// coreFlags strip and trim, and keep our own functions from being inlined: that saves 4 kB and costs no measurable time.
var coreFlags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-gcflags=github.com/wabgo/wab/...=-l"}

// compileCore compiles wasm/core and returns the module.
func compileCore(root string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "wab-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "wab.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, coreFlags, []string{"-o", file, "./wasm/core"})...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compile wasm/core: %w\n%s", err, stderr.Bytes())
	}
	return os.ReadFile(file)
}

// wasmExec is the path of the JavaScript support file that belongs to the compiler compileCore uses.
func wasmExec() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the Go installation lacks lib/wasm/wasm_exec.js: %w", err)
	}
	return path, nil
}
