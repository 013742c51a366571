package counter

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// TestCA3_FirefoxCountsInTwoTabsThroughAKill has the same page in a second engine. testdata/firefox.mjs is the person; this test does to the server what it asks for.
func TestCA3_FirefoxCountsInTwoTabsThroughAKill(t *testing.T) {
	firefox := browser.Firefox(t)
	s := run(t, "--dev")
	cmd := browser.Node(t, "testdata/firefox.mjs", s.URL, firefox, os.Getenv("WAB_SHOTS"))
	var errs bytes.Buffer
	cmd.Stderr = &errs
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
