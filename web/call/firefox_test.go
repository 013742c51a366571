package call

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// TestCALL1_DEV4_FirefoxMeetsChromium has a second engine in a meeting: each sees and hears the other, and what either does fires in both, in Firefox by the
// way that it has. testdata/firefox.mjs is the person there.
func TestCALL1_DEV4_FirefoxMeetsChromium(t *testing.T) {
	firefox := browser.Firefox(t)
	h := serveMeetings(t)
	chromium := browser.Start(t, fakes...)
	openMeeting(t, chromium, h, "bob")
	alice := come(t, chromium, h.page("alice"))
	alice.Until(live)
	cmd := browser.Node(t, "testdata/firefox.mjs", h.page("bob"), firefox)
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
		case line == "meets":
			meets(alice, "firefox", "bob")
			alice.Eval(`void setInterval(() => el.act({ lamp: "on" }), 200)`) // until five have fired there that count
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
		t.Error("an action came by its deadline only, and the picture had not stood still")
	}
	t.Log("in Firefox, actions fired by, ms off:", strings.TrimPrefix(done, "done: "))
}
