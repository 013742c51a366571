package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wabproc"
)

func TestBUS6_TokensMintedBesideARunningServer(t *testing.T) {
	data := t.TempDir()
	s := wabproc.Start(t, "--data", data)
	code, out, errs := wab(t, "token", "alice", "--data", data, "--app", "counter", "--ca", "alice/home", "--method", "Add,Get")
	if code != 0 || errs != "" {
		t.Fatal(code, errs)
	}
	token := strings.TrimSpace(out)
	if status, body := s.Post("/api/counter/alice/home/Add", token, "[2]"); status != 200 || body != `{"result":2}` {
		t.Error(status, body)
	}
	if status, body := s.Post("/api/counter/alice/home/Look", token, "[]"); status != 403 {
		t.Error("a method that the token doesn't name:", status, body)
	}
	if status, body := s.Post("/api/counter/alice/work/Add", token, "[2]"); status != 403 {
		t.Error("a CA that the token doesn't name:", status, body)
	}
}

func TestTokensMadeBeforeTheFirstStartAreGood(t *testing.T) {
	data := t.TempDir()
	code, out, errs := wab(t, "token", "--data", data, "--ttl", "1d", "alice")
	if code != 0 || !strings.Contains(errs, "no account key") {
		t.Fatal(code, errs)
	}
	s := wabproc.Start(t, "--data", data)
	if status, body := s.Post("/api/counter/alice/home/Get", strings.TrimSpace(out), "[]"); status != 200 {
		t.Error(status, body)
	}
}

func TestOPS1_BadTokenWishesAreOneLine(t *testing.T) {
	data := t.TempDir()
	wab(t, "token", "alice", "--data", data)
	none := filepath.Join(data, "none")
	for name, try := range map[string]struct {
		args  []string
		words []string
	}{
		"owner":  {[]string{"Alice"}, []string{"lower case"}},
		"ours":   {[]string{"commons"}, []string{"reserved"}},
		"events": {[]string{"channel"}, []string{"reserved"}},
		"method": {[]string{"alice", "--method", "add_all"}, []string{"method"}},
		"ca":     {[]string{"alice", "--ca", "home"}, []string{"alice/home"}},
		"short":  {[]string{"alice", "--ttl", "1ms"}, []string{"second"}},
		"folder": {[]string{"alice", "--data", none}, []string{none, "--data"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, append([]string{"token", "--data", data}, try.args...), try.words...)
		})
	}
	if _, err := os.Stat(none); err == nil {
		t.Error("a misspelt folder was made")
	}
}

func TestUsage(t *testing.T) {
	for _, try := range []struct {
		args []string
		code int
		out  string // on stdout where the code is 0, else on stderr
	}{
		{nil, 2, "wab serve"},
		{[]string{"help"}, 0, "wab token"},
		{[]string{"--help"}, 0, "wab token"},
		{[]string{"help", "serve"}, 0, "--allow-origin"},
		{[]string{"help", "nothing"}, 2, ""},
		{[]string{"version"}, 0, "wab "},
		{[]string{"nothing"}, 2, "no command"},
		{[]string{"token"}, 2, "takes 1 arguments"},
		{[]string{"token", "a", "b"}, 2, "takes 1 arguments"},
		{[]string{"token", "a", "--ttl", "-1h"}, 2, "negative"},
		{[]string{"serve", "--nothing"}, 2, "--addr"},
		{[]string{"serve", "here"}, 2, "takes 0 arguments"},
	} {
		code, out, errs := wab(t, try.args...)
		said := out
		if try.code != 0 {
			said = errs
		}
		if code != try.code || !strings.Contains(said, try.out) {
			t.Errorf("wab %q: %d\n%s%s", try.args, code, out, errs)
		}
	}
}
