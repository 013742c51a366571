package whiteboard

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMAP6_FirefoxDrawsThroughAKill has the same page in a second engine. testdata/firefox.mjs is the person; this test does to the server what it asks for.
func TestMAP6_FirefoxDrawsThroughAKill(t *testing.T) {
	firefox := findFirefox(t)
	s := run(t)
	cmd := exec.CommandContext(t.Context(), "node", "testdata/firefox.mjs", s.URL, firefox, os.Getenv("WAB_SHOTS"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())                 // where the profile goes
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its browser
	cmd.WaitDelay = 10 * time.Second
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := ""
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "kill":
			s.Kill()
		case line == "start":
			s.Start()
		case strings.HasPrefix(line, "done: "):
			done = line
		default:
			t.Error("the script says:", line)
		}
		io.WriteString(stdin, "ok\n")
	}
	if err := cmd.Wait(); err != nil || done == "" {
		t.Fatalf("%v\n%s", err, &errs)
	}
	t.Log(done)
}

func findFirefox(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("FIREFOX"), "firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("This test drives a second browser, and there is no Firefox. Install it (make deps; on Debian: apt-get install firefox-esr), or name another with FIREFOX=/path/to/it.")
	return ""
}
