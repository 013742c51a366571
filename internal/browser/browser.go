package browser

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

const patience = 90 * time.Second // for each step of a browser on a busy machine

// Browser is one Chromium with its own profile. Both end with the test.
type Browser struct{ ctx context.Context }

// Start starts a Chromium, with more switches where a test needs some: "name" or "name=value", without dashes. Where there is none the test fails, and says
// what to install.
func Start(t testing.TB, switches ...string) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		t.Fatal("This test drives a real browser, and there is no Chromium. Install it (make deps; on Debian: apt-get install chromium), or name another with CHROMIUM=/path/to/it.")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true))
	for _, s := range switches {
		if name, value, ok := strings.Cut(s, "="); ok {
			opts = append(opts, chromedp.Flag(name, value))
		} else {
			opts = append(opts, chromedp.Flag(name, true))
		}
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx)
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{ctx: ctx}
}

func find() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Tab opens a tab with that look. What it complains about fails the test when that ends, unless it was forgiven.
func (b *Browser) Tab(t testing.TB, look Look) *Tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx)
	ctx, cancel := context.WithCancel(ctx)
	tab := &Tab{Context: ctx, t: t, look: look, heard: make(chan struct{})}
	tab.Close = func() { cancel(); closeTab(); <-tab.heard }
	tab.listen()
	t.Cleanup(func() { tab.Close(); tab.judge() })
	tab.Turn(look)
	tab.slow()
	tab.Before(watchShifts)
	return tab
}

// SharedWorkers are the addresses of those that run, one for each.
func (b *Browser) SharedWorkers(t testing.TB) (urls []string) {
	t.Helper()
	for _, worker := range b.sharedWorkers(t) {
		urls = append(urls, worker.URL)
	}
	slices.Sort(urls)
	return urls
}

// EndSharedWorkers ends those that run, as a crash would: nobody is told.
func (b *Browser) EndSharedWorkers(t testing.TB) {
	t.Helper()
	for _, worker := range b.sharedWorkers(t) {
		if _, err := chromedp.CallBrowser(b.ctx, target.CloseTarget, target.CloseTargetParams{TargetID: worker.TargetID}); err != nil {
			t.Fatal(err)
		}
	}
}

func (b *Browser) sharedWorkers(t testing.TB) []*target.Info {
	t.Helper()
	all, err := chromedp.CallBrowser(b.ctx, target.GetTargets, target.GetTargetsParams{})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all.TargetInfos, func(info *target.Info) bool { return info.Type != "shared_worker" })
}
