package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// generateTempl runs the templ generator when a template is newer than its Go file.
func generateTempl(root string) error {
	stale, err := staleTemplates(root)
	if err != nil || len(stale) == 0 {
		return err
	}
	say("templ: %s", strings.Join(stale, " "))
	cmd := exec.Command("go", "tool", "templ", "generate")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("templ generate: %w\n%s", err, out)
	}
	return touchGenerated(root, stale)
}

// touchGenerated marks the Go files as current: the generator leaves a file alone whose content would not change.
func touchGenerated(root string, stale []string) error {
	for _, rel := range stale {
		info, err := os.Stat(filepath.Join(root, rel))
		if err != nil {
			return err
		}
		if err := os.Chtimes(generatedFrom(filepath.Join(root, rel)), info.ModTime(), info.ModTime()); err != nil {
			return fmt.Errorf("templ made no file for %s: %w", rel, err)
		}
	}
	return nil
}

func staleTemplates(root string) ([]string, error) {
	var stale []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return skipMissing(err)
		}
		if d.IsDir() {
			return skipNoSource(root, path, d.Name())
		}
		if filepath.Ext(path) == ".templ" && isStale(path) {
			rel, _ := filepath.Rel(root, path)
			stale = append(stale, rel)
		}
		return nil
	})
	return stale, err
}

func skipNoSource(root, path, name string) error {
	if path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "dist" || name == "bin" || name == "data") {
		return fs.SkipDir
	}
	return nil
}

func isStale(templ string) bool {
	src, err := os.Stat(templ)
	if err != nil {
		return false
	}
	out, err := os.Stat(generatedFrom(templ))
	return err != nil || src.ModTime().After(out.ModTime())
}

func generatedFrom(templ string) string { return strings.TrimSuffix(templ, ".templ") + "_templ.go" }
