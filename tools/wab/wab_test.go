package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/wabgo/wab/internal/wabproc"
)

func TestMain(m *testing.M) { os.Exit(wabproc.M{M: m}.Run()) }

// wab runs a command to its end.
func wab(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	return wabAs(t, nil, args...)
}

func wabAs(t *testing.T, who *syscall.SysProcAttr, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	cmd := exec.CommandContext(t.Context(), wabproc.Binary(t), args...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr, cmd.Dir = &o, &e, who, "/"
	err := cmd.Run()
	if _, ended := err.(*exec.ExitError); err != nil && !ended {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// wantRefused checks a start that must fail: exit code 1, nothing on stdout, one line on stderr with these words.
func wantRefused(t *testing.T, args []string, words ...string) {
	t.Helper()
	wantRefusedAs(t, nil, args, words...)
}

func wantRefusedAs(t *testing.T, who *syscall.SysProcAttr, args []string, words ...string) {
	t.Helper()
	code, out, errs := wabAs(t, who, args...)
	if code != 1 || out != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, out, errs)
	}
	if strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "wab: ") {
		t.Errorf("not one clear line: %q", errs)
	}
	for _, w := range words {
		if !strings.Contains(errs, w) {
			t.Errorf("%q doesn't say %q", errs, w)
		}
	}
}

var term = syscall.SIGTERM
