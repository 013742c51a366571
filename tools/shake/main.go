package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type options struct {
	runs, atOnce int
	race         bool
	late         time.Duration // how late bytes may be; 0 has goroutines sleep instead
	timeout      time.Duration // of one run
	keep         string        // where outputs go
	flags        []string      // of the test binary
}

func main() {
	var o options
	flag.IntVar(&o.runs, "n", 12, "how often each package's tests run")
	flag.IntVar(&o.atOnce, "p", 4, "how many runs go at once")
	flag.BoolVar(&o.race, "race", false, "look for data races, too")
	flag.DurationVar(&o.late, "late", 0, "instead of goroutines that sleep, connections of servers that carry bytes up to so much late, in whole milliseconds")
	flag.DurationVar(&o.timeout, "timeout", 20*time.Minute, "the longest a run may take")
	flag.StringVar(&o.keep, "keep", filepath.Join(os.TempDir(), "wab-shake"), "the folder for outputs of runs that fail; what an earlier call left there for the same package is removed")
	flag.Parse()
	packages := flag.Args()
	if i := slices.Index(packages, "--"); i >= 0 {
		packages, o.flags = packages[:i], packages[i+1:]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, packages, o); err != nil {
		fmt.Fprintln(os.Stderr, "shake:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, packages []string, o options) error {
	if len(packages) == 0 || o.runs < 1 || o.atOnce < 1 || o.late%time.Millisecond != 0 {
		return errors.New("usage: go run ./tools/shake [-n runs] [-p at once] [-race] [-late 150ms] package … [-- test flags]")
	}
	found, err := list(ctx, packages)
	if err != nil {
		return err
	}
	edits := edits
	if o.late > 0 {
		edits = lateEdits
	}
	overlay, err := writeOverlay(ctx, o.keep, edits)
	if err != nil {
		return err
	}
	var failed int
	for _, p := range found {
		f, err := shake(ctx, p, overlay, o)
		if err != nil {
			return err
		}
		failed += f
	}
	if failed > 0 {
		return fmt.Errorf("%d runs failed; their output is in %s", failed, o.keep)
	}
	return nil
}

// pkg is a package that has tests.
type pkg struct{ path, dir string }

func list(ctx context.Context, patterns []string) ([]pkg, error) {
	out, err := goTool(ctx, append([]string{"list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}\t{{.Dir}}{{end}}"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var found []pkg
	for line := range strings.Lines(out) {
		if path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			found = append(found, pkg{path, dir})
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no tests in %s", strings.Join(patterns, " "))
	}
	return found, nil
}

// goTool runs the go command and returns what it prints; its complaints are the error.
func goTool(ctx context.Context, args ...string) (string, error) {
	var complaint strings.Builder
	c := exec.CommandContext(ctx, "go", args...)
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", args[0], err, complaint.String())
	}
	return string(out), nil
}
