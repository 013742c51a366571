package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/evanw/esbuild/pkg/api"
)

// checkTypes runs the TypeScript checker of node_modules.
func checkTypes(root string) error {
	tsc := filepath.Join(root, "node_modules", ".bin", "tsc")
	if _, err := os.Stat(tsc); err != nil {
		return errors.New("the TypeScript checker is not installed: run npm ci")
	}
	if err := runIn(root, tsc, "--noEmit"); err != nil {
		return fmt.Errorf("type check: %w", err)
	}
	say("types are right")
	return nil
}

// testScripts bundles each *.test.ts for node and runs them with its test runner, beside a core made from the present sources.
func testScripts(root string) error {
	entries, err := findTests(root)
	if err != nil || len(entries) == 0 {
		return err
	}
	dir, err := os.MkdirTemp("", "wab-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := bundleTests(root, dir, entries); err != nil {
		return err
	}
	for _, m := range modules {
		if err := m.expose(root, dir); err != nil {
			return err
		}
	}
	var files []string
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".test.mjs") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := runIn(root, "node", append([]string{"--test", "--test-reporter=spec", "--enable-source-maps"}, files...)...); err != nil {
		return fmt.Errorf("TypeScript tests: %w", err)
	}
	return nil
}

func findTests(root string) ([]string, error) {
	var out []string
	for _, dir := range []string{"web", "examples"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return skipMissing(err)
			}
			if strings.HasSuffix(path, ".test.ts") {
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func bundleTests(root, dir string, entries []string) error {
	exec, err := wasmExec()
	if err != nil {
		return err
	}
	opts := options(root, nil)
	opts.EntryPoints = entries
	opts.Outbase, opts.Outdir, opts.Write = root, dir, true
	opts.OutExtension = map[string]string{".js": ".mjs"}
	opts.Platform = api.PlatformNode
	opts.Plugins = []api.Plugin{wasmExecPlugin(exec)}
	opts.Sourcemap = api.SourceMapInline
	return messages(api.Build(opts).Errors)
}

// patience is how long a checker or the tests may take: a test that leaves a timer behind would keep node alive for ever.
const patience = 8 * time.Minute

func runIn(dir, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stdout, os.Stderr
	return cmd.Run()
}
