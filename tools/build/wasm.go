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

// module is a program of ours that runs as WebAssembly.
type module struct {
	name       string // of the asset
	goos       string
	program    string
	env        string // tells tests in TypeScript where it is
	flags      []string
	pages      uint64 // the most memory it may have, in pages of 64 KiB; 0: as much as there is
	experiment string // of the Go runtime
}

var stripped = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="}

// modules: in the core our own functions are not inlined, which saves 4 kB and costs no measurable time, and the runtime has the collector of
// before Go 1.26, which saves 9 kB: the heap is small there, and one thread has it to itself. The interpreter of methods is a
// reactor, whose exports are called one after the other.
var modules = []module{
	{"wab.wasm", "js", "./wasm/core", "WAB_WASM", append(slices.Clone(stripped), "-gcflags=github.com/wabgo/wab/...=-l"), 0, "nogreenteagc"},
	{"methods.wasm", "wasip1", "./wasm/methods", "WAB_METHODS_WASM", append(slices.Clone(stripped), "-buildmode=c-shared"), 1024, ""},
}

// expose compiles the module into dir, and tells tests where it is.
func (m module) expose(root, dir string) error {
	code, err := m.compile(root)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, m.name)
	if err := writeFile(file, code); err != nil {
		return err
	}
	return os.Setenv(m.env, file)
}

// compile gives the module's bytes.
func (m module) compile(root string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "wab-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "out.wasm")
	cmd := exec.Command("go", slices.Concat([]string{"build"}, m.flags, []string{"-o", file, m.program})...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS="+m.goos, "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT="+m.experiment)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("compile %s: %w\n%s", m.program, err, stderr.Bytes())
	}
	code, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return m.finish(code)
}

// finish takes what the linker wrote to what browsers load.
func (m module) finish(code []byte) ([]byte, error) {
	root, err := goRoot()
	if err == nil {
		err = checkTables(filepath.Join(root, "src"))
	}
	if err == nil {
		code, err = thin(code)
	}
	if err != nil {
		return nil, fmt.Errorf("thin %s: %w", m.name, err)
	}
	if m.pages == 0 {
		return code, nil
	}
	return capMemory(code, m.pages)
}

// wasmExec is the path of the JavaScript support file that belongs to the compiler of the core.
func wasmExec() (string, error) {
	root, err := goRoot()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, "lib", "wasm", "wasm_exec.js")
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the Go installation lacks lib/wasm/wasm_exec.js: %w", err)
	}
	return path, nil
}

// goRoot is where the Go installation is that compiles.
func goRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
