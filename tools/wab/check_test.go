package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/tools/wab/check"
)

func TestCheckTellsWhatCanBeReached(t *testing.T) {
	data := t.TempDir()
	s := wabproc.Start(t, "--data", data, "--dev", "--turn-udp", "127.0.0.1:0")
	code, out, errs := wab(t, "check", "--url", s.URL, "--data", data)
	if code != 0 || errs != "" || strings.Contains(out, "FAIL") || strings.Count(out, "ok    turn") != 2 {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	_, token, _ := wab(t, "token", "alice", "--data", data)
	code, out, errs = wab(t, "check", "--url", s.URL, "--token", strings.TrimSpace(token), "--json")
	var r check.Report
	if err := json.Unmarshal([]byte(out), &r); code != 0 || errs != "" || err != nil || !r.OK || r.URL != s.URL || len(r.Findings) < 8 {
		t.Errorf("%d, %v\n%s%s", code, err, out, errs)
	}
	s.Kill()
	code, out, errs = wab(t, "check", "--url", s.URL, "--json")
	if err := json.Unmarshal([]byte(out), &r); code != 1 || strings.Count(errs, "\n") != 1 || err != nil || r.OK {
		t.Errorf("%d, %v\n%s%s", code, err, out, errs)
	}
}
