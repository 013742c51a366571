package timeline

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// sameCallback is how long the callbacks of one picture may take, in ms.
const sameCallback = 8

// inChromium plays a scenario.
func inChromium(t *testing.T, chromium *browser.Browser, s scenario) played {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(servePeers(t))
	tab.Until("window.ready")
	return browser.Eval[played](tab, s.script())
}

func TestDEV4_ActionsFireWithTheirFrame(t *testing.T) {
	s := scenario{Actions: 20, Receivers: 2, Pause: 200, Line: 5}
	if usual := inChromium(t, browser.Start(t), s).check(t, s, "frame"); usual > sameCallback {
		t.Errorf("most are %.1f ms off", usual)
	}
}

// Browsers lack one or the other of what Chromium tells.
func TestDEV4_WhatABrowserLacksIsDoneWithout(t *testing.T) {
	chromium := browser.Start(t)
	for method, without := range map[string][]string{
		"sources":  {"timestamps"},
		"callback": {"timestamps", "sources"},
		"mapped":   {"transforms"}, // its decoder gets the trailers, too
	} {
		t.Run(method, func(t *testing.T) {
			s := scenario{Actions: 8, Receivers: 1, Pause: 200, Line: 5, Without: without}
			inChromium(t, chromium, s).check(t, s, method)
		})
	}
}

func TestDEV4_FirefoxFiresWithTheFrame(t *testing.T) {
	s := scenario{Actions: 20, Receivers: 1, Pause: 200, Line: 5, Plain: true}
	if usual := inFirefox(t, s).check(t, s, "frame"); usual > sameCallback {
		t.Errorf("most are %.1f ms off", usual)
	}
}

// Firefox did not tell timestamps of pictures for years.
func TestDEV4_AnOlderFirefoxFiresByItsReceivers(t *testing.T) {
	s := scenario{Actions: 10, Receivers: 1, Pause: 200, Line: 5, Plain: true, Without: []string{"timestamps"}}
	inFirefox(t, s).check(t, s, "sources")
}

// inFirefox plays a scenario; testkit/firefox.mjs opens the page.
func inFirefox(t *testing.T, s scenario) (p played) {
	t.Helper()
	cmd := browser.Node(t, "testkit/firefox.mjs", browser.Firefox(t), servePeers(t), s.script())
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &p)
	}
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%v\n%s", err, exit.Stderr)
		}
		t.Fatalf("%v: %s", err, out)
	}
	return p
}
