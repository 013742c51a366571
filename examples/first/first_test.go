package main

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheREADMEPrintsThisApp(t *testing.T) {
	readme := read(t, "../../README.md")
	for _, block := range []struct{ language, file string }{{"go", "main.go"}, {"html", "web/index.html"}} {
		if !strings.Contains(readme, "```"+block.language+"\n"+read(t, block.file)+"```") {
			t.Errorf("the README's %s is not %s", block.language, block.file)
		}
	}
}

func TestTheFirstAppCountsInTwoTabs(t *testing.T) {
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true}, server.App{Name: "counter", New: func() server.CA { return new(Counter) }, Web: web})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	host := httptest.NewServer(s)
	t.Cleanup(host.Close)
	t.Cleanup(func() { s.Drain(context.Background()) })
	chromium := browser.Start(t)
	one, two := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[0])
	for _, tab := range []*browser.Tab{one, two} {
		tab.Open(host.URL + "/counter/")
		tab.Until(`n.textContent === "0"`)
	}
	one.Eval("add.click()")
	one.Until(`n.textContent === "1"`)
	two.Until(`n.textContent === "1"`)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
