package browser

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// Firefox is the path of a Firefox, for a script that Node runs. Where there is none the test fails, and says what to install.
func Firefox(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("FIREFOX"), "firefox-esr", "firefox"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("This test drives a second browser, and there is no Firefox. Install it (make deps; on Debian: apt-get install firefox-esr), or name another with FIREFOX=/path/to/it.")
	return ""
}

// Node is a command that runs a script in node, until the test ends. A browser that the script starts has a profile of its own, and time to end.
func Node(t testing.TB, script string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())                 // where the profile goes
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that the script ends its browser
	cmd.WaitDelay = 10 * time.Second
	return cmd
}
