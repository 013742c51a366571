package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"
)

const firefoxScript = "web/call/timeline/testkit/firefox.mjs"

// playInFirefox has the same three people meet in Firefox, on the clean network, and makes actions there. Without a Firefox it says so, and measures nothing.
func (t *theatre) playInFirefox(ctx context.Context, dir string, actions int) ([]performance, error) {
	path := findFirefox()
	if path == "" {
		return nil, nil
	}
	play := fmt.Sprintf("(async () => { await bench.join(); await new Promise((r) => setTimeout(r, %d)); return bench.measure(%d, %d); })()", timelineSettles.Milliseconds(), actions, timelinePause)
	cmd := exec.CommandContext(ctx, "node", firefoxScript, path, t.page, play)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its browser
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.Output()
	var each [][]performance
	if err == nil {
		err = json.Unmarshal(out, &each)
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%w\n%s", err, exit.Stderr)
	}
	return slices.Concat(each...), err
}

func findFirefox() string {
	for _, name := range []string{os.Getenv("FIREFOX"), "firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}
