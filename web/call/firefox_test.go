package call

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/browser"
)

// TestCALL1_DEV4_FirefoxMeetsChromium has a second engine in a meeting: each sees and hears the other, and what either does fires in both, in Firefox by the
// way that it has. testdata/firefox.mjs is the person there.
func TestCALL1_DEV4_FirefoxMeetsChromium(t *testing.T) {
	firefox := findFirefox(t)
	h := serveMeetings(t)
	chromium := browser.Start(t, fakes...)
	openMeeting(t, chromium, h, "bob")
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live)
	cmd := exec.CommandContext(t.Context(), "node", "testdata/firefox.mjs", h.page("bob"), firefox)
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
		case line == "meets":
			meets(alice, "firefox", "bob")
			alice.Eval(`(async () => { for (let i = 0; i < 5; i++) { await el.act({ lamp: "on" }); await new Promise((done) => setTimeout(done, 200)); } })()`)
		case line == "acted":
			alice.Until(`told.filter((t) => t.type === "action" && t.value.lamp === "off").length === 3`)
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
	if strings.Contains(done, "deadline") {
		t.Error("an action came by its deadline only")
	}
	t.Log("in Firefox, actions fired by, ms off:", strings.TrimPrefix(done, "done: "))
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
