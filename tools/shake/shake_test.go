package main

import (
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// The runtime that this Go brings can be changed, and what comes of it is Go.
func TestEditsFitTheGoAtHand(t *testing.T) {
	for _, edits := range [][]edit{edits, lateEdits} {
		fit(t, edits)
	}
	overlay, err := writeOverlay(t.Context(), t.TempDir(), lateEdits)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := goTool(t.Context(), "build", "-overlay", overlay, "net"); err != nil {
		t.Error(err)
	}
}

func fit(t *testing.T, edits []edit) {
	t.Helper()
	root, err := goTool(t.Context(), "env", "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		original, err := os.ReadFile(strings.TrimSpace(root) + "/src/" + e.file)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := e.apply(string(original))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), e.file, changed, parser.SkipObjectResolution); err != nil {
			t.Error(err)
		}
		if n := strings.Count(changed, "{\n\t"+e.call+"\n"); n != len(e.funcs) {
			t.Errorf("%s: %d calls for %d funcs", e.file, n, len(e.funcs))
		}
	}
}

func TestEditsOfAnotherGoAreRefused(t *testing.T) {
	e := edit{file: "internal/sync/mutex.go", funcs: []string{"func (m *Mutex) Lock() {\n"}}
	if _, err := e.apply("package sync\n\nfunc (m *Mutex) lockFast() {\n}\n"); err == nil || !strings.Contains(err.Error(), "internal/sync/mutex.go") {
		t.Error(err)
	}
}

func TestReportNamesWhatFailedMostFirst(t *testing.T) {
	tally := tally{failures: map[string]int{}}
	tally.add([]byte("--- FAIL: TestB (0.01s)\n    b_test.go:1: --- FAIL: no\n"), true)
	tally.add([]byte("--- FAIL: TestB (0.02s)\npanic: test timed out after 1s\n"), true)
	tally.add([]byte("--- FAIL: TestA (0.02s)\n    --- FAIL: TestA/deep (0.02s)\n"), true)
	tally.add([]byte("panic: as it should\nPASS\n"), false)
	const want = `x: 3 of 4 runs failed
     2 --- FAIL: TestB
     1 --- FAIL: TestA
     1 --- FAIL: TestA/deep
     1 panic: test timed out after 1s
`
	if got := tally.report("x", 4); got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}
