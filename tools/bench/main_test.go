package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the tests' binary be a child, as the suite's is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-child" {
		main()
	}
	goleak.VerifyTestMain(m)
}

func TestUsage(t *testing.T) {
	for name, test := range map[string]struct {
		args     []string
		code     int
		out, err string
	}{
		"list":          {[]string{"-list"}, exitOK, "request-ws", ""},
		"unknown bench": {[]string{"-run", "nope"}, exitUsage, "", `no bench "nope"; there are commit, one-ca, request-ws, request-read`},
		"one unknown":   {[]string{"-run", "commit, nope", "-json"}, exitUsage, "", `no bench "nope"`},
		"unknown flag":  {[]string{"-fast"}, exitUsage, "", "-fast"},
		"no flag":       {[]string{"commit"}, exitUsage, "", `"commit" is no flag`},
		"no such child": {[]string{"-child", "nope"}, exitFailed, "", "no such role"},
	} {
		var out, err bytes.Buffer
		if code := run(context.Background(), test.args, &out, &err); code != test.code {
			t.Errorf("%s: exit %d, want %d", name, code, test.code)
		}
		if !strings.Contains(out.String(), test.out) || !strings.Contains(err.String(), test.err) {
			t.Errorf("%s: said %q and %q", name, out.String(), err.String())
		}
	}
}

func TestChooseKeepsTheOrderAskedFor(t *testing.T) {
	chosen, err := choose("idle,commit")
	if err != nil || len(chosen) != 2 || chosen[0].name != "idle" || chosen[1].name != "commit" {
		t.Fatalf("%v %v", chosen, err)
	}
	if all, err := choose(""); err != nil || len(all) != len(benches) {
		t.Fatalf("%d of all: %v", len(all), err)
	}
}

func TestAnInterruptedRunFails(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, progress bytes.Buffer
	waits := bench{name: "waits", run: func(ctx context.Context, _ *report) error { return ctx.Err() }}
	err := runAll(ctx, []bench{waits}, newReport(&out, &progress, true))
	if err == nil || err.Error() != "waits: interrupted" {
		t.Fatal(err)
	}
}
