package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/chromedp/chromedp"
)

// chromium is a page in a browser of its own, headless.
type chromium struct {
	ctx  context.Context
	stop func()
}

// openChromium starts a browser and opens a page.
func openChromium(ctx context.Context, profile, url string) (*chromium, error) {
	path := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); name != "" && err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		return nil, errors.New("this bench drives a real browser, and there is no Chromium: install it, or name another with CHROMIUM=/path/to/it")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.WindowSize(1000, 1000),
		chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true), chromedp.Flag("autoplay-policy", "no-user-gesture-required"))
	ctx, stop := chromedp.NewExecAllocator(ctx, opts...)
	ctx, closeTab := chromedp.NewContext(ctx)
	c := &chromium{ctx: ctx, stop: func() { closeTab(); stop() }}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		c.stop()
		return nil, fmt.Errorf("open %s: %w", url, err)
	}
	return c, nil
}

// ask is the value of a JavaScript expression, awaited if it is a promise.
func ask[T any](c *chromium, expression string, patience time.Duration) (T, error) {
	ctx, cancel := context.WithTimeout(c.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		return v, fmt.Errorf("%s: %w", expression, err)
	}
	return v, nil
}
