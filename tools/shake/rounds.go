package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shake runs a package's tests o.runs times, prints what has failed, and returns how many runs have.
func shake(ctx context.Context, p pkg, overlay string, o options) (int, error) {
	folder := filepath.Join(o.keep, strings.ReplaceAll(p.path, "/", "_"))
	if err := os.RemoveAll(folder); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, err
	}
	binary := filepath.Join(folder, "test.exe")
	build := []string{"test", "-c", "-overlay", overlay, "-o", binary, p.path}
	if o.race {
		build = slices.Insert(build, 1, "-race")
	}
	if _, err := goTool(ctx, build...); err != nil {
		return 0, err
	}
	t := tally{failures: map[string]int{}}
	var runs sync.WaitGroup
	slots := make(chan struct{}, o.atOnce)
	for i := range o.runs {
		slots <- struct{}{}
		runs.Go(func() {
			defer func() { <-slots }()
			out, err := once(ctx, p, binary, overlay, o)
			t.add(out, err != nil)
			if err != nil {
				out = append(out, fmt.Sprintf("\n%v\n", err)...)
				t.note(os.WriteFile(filepath.Join(folder, fmt.Sprintf("run%d.txt", i)), out, 0o644))
			}
		})
	}
	runs.Wait()
	if err := cmp.Or(ctx.Err(), t.err, os.Remove(binary)); err != nil {
		return 0, err
	}
	fmt.Print(t.report(p.path, o.runs))
	return t.failed, nil
}

// once runs the tests where go test would. What they build themselves has late connections, too.
func once(ctx context.Context, p pkg, binary, overlay string, o options) ([]byte, error) {
	c := exec.CommandContext(ctx, binary, append([]string{"-test.timeout", o.timeout.String()}, o.flags...)...)
	c.Dir = p.dir
	if o.late > 0 {
		c.Env = append(os.Environ(), "GOFLAGS=-overlay="+overlay, fmt.Sprintf("WAB_LATE=%d", o.late.Milliseconds()))
	}
	return c.CombinedOutput()
}

// tally counts what has failed. It is safe for use from many goroutines.
type tally struct {
	mu       sync.Mutex
	failed   int
	failures map[string]int // by line
	err      error
}

// failure is a line of a test's output that names what went wrong.
var failure = regexp.MustCompile(`(?m)^ *--- FAIL: \S+|^panic: .*|^fatal error: .*|^WARNING: DATA RACE`)

func (t *tally) add(out []byte, failed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !failed {
		return
	}
	t.failed++
	for _, line := range failure.FindAll(out, -1) {
		t.failures[string(bytes.TrimSpace(line))]++
	}
}

func (t *tally) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = cmp.Or(t.err, err)
}

// report is a line on the package, then one for each thing that went wrong, the most frequent first.
func (t *tally) report(path string, runs int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := fmt.Appendf(nil, "%s: %d of %d runs failed\n", path, t.failed, runs)
	lines := slices.SortedFunc(maps.Keys(t.failures), func(x, y string) int { return cmp.Or(t.failures[y]-t.failures[x], cmp.Compare(x, y)) })
	for _, line := range lines {
		b = fmt.Appendf(b, "%6d %s\n", t.failures[line], line)
	}
	return string(b)
}
