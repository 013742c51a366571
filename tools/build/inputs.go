package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// inputRoots are the folders and files whose content decides what a build makes. They are more than strictly needed: a needless build costs
// two seconds, a missed one an afternoon.
var inputRoots = []string{"go.mod", "go.sum", "package-lock.json", "tsconfig.json", "tools/build", "wasm", "web", "examples", "internal"}

// stampFile holds the hash of the inputs of what stands beside it.
const stampFile = ".stamp"

// hashInputs names the state of all inputs, and of the compiler.
func hashInputs(root string) (string, error) {
	h := sha256.New()
	h.Write([]byte(runtime.Version()))
	for _, in := range inputRoots {
		err := filepath.WalkDir(filepath.Join(root, in), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return skipMissing(err)
			}
			if d.IsDir() {
				return skipOutput(root, path)
			}
			if !isInput(path) {
				return nil
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return skipMissing(err)
			}
			rel, _ := filepath.Rel(root, path)
			sum := sha256.Sum256(data)
			h.Write([]byte(filepath.ToSlash(rel)))
			h.Write(sum[:])
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func skipMissing(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func skipOutput(root, path string) error {
	if path == filepath.Join(root, "web", "dist") || filepath.Base(path) == "testdata" {
		return fs.SkipDir
	}
	return nil
}

func isInput(path string) bool {
	switch filepath.Ext(path) {
	case ".go":
		return !strings.HasSuffix(path, "_test.go")
	case ".ts":
		return !strings.HasSuffix(path, ".test.ts")
	case ".css", ".js", ".json", ".mod", ".sum", ".svg":
		return true
	}
	return false
}

// upToDate tells whether dist was made from these inputs and is complete.
func upToDate(dist, inputs string) bool {
	stamp, err := os.ReadFile(filepath.Join(dist, stampFile))
	if err != nil || string(bytes.TrimSpace(stamp)) != inputs {
		return false
	}
	m, err := readManifest(dist)
	if err != nil {
		return false
	}
	for _, a := range m.Assets {
		for _, suffix := range []string{"", ".br", ".gz"} {
			if _, err := os.Stat(filepath.Join(dist, a.File+suffix)); err != nil {
				return false
			}
		}
	}
	return true
}
