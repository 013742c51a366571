package bluetooth

import (
	"os"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// A browser without Web Bluetooth says so, has virtual devices, and uses others'. testdata/firefox.mjs is the people.
func TestDEV5_FirefoxSharesAVirtualLamp(t *testing.T) {
	cmd := browser.Node(t, "testdata/firefox.mjs", serve(t), browser.Firefox(t), os.Getenv("WAB_SHOTS"))
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "done\n" {
		t.Fatalf("%v\n%s", err, out)
	}
}
