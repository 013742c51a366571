package bluetooth

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

// A browser without Web Bluetooth says so, has virtual devices, and uses others'. testdata/firefox.mjs is the people.
func TestDEV5_FirefoxSharesAVirtualLamp(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "node", "testdata/firefox.mjs", serve(t), findFirefox(t), os.Getenv("WAB_SHOTS"))
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir())                 // where the profile goes
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // so that it ends its browser
	cmd.WaitDelay = 10 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "done\n" {
		t.Fatalf("%v\n%s", err, out)
	}
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
