package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Tab is one page in one look. Its context serves chromedp's own functions.
type Tab struct {
	context.Context
	Close func() // closes the tab before its test ends

	t     testing.TB
	look  Look
	heard chan struct{} // closed once the console has been heard to its end

	mu       sync.Mutex
	said     []string
	forgiven []string
}

// listen gathers what the browser complains about.
func (tab *Tab) listen() {
	messages := chromedp.Console(tab)
	go func() {
		defer close(tab.heard)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || string(m.Type) == "error" {
				tab.mu.Lock()
				tab.said = append(tab.said, fmt.Sprintf("%s (%s:%d)", m.Text, m.URL, m.Line))
				tab.mu.Unlock()
			}
		}
	}()
}

// Do runs steps and fails the test where one fails.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatalf("%s: %v\nthe browser says: %v", tab.look.Name, err, tab.Complaints())
	}
}

// Open goes to a page and waits until it is loaded.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
}

// Until waits until a JavaScript expression, awaited if it is a promise, is true, on the page as it is or on the one that follows. One that throws is not true yet: what it
// asks about may be still to come.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	if err := tab.poll("(async () => { try { return Boolean(await (" + expression + ")); } catch { return false; } })()"); err != nil {
		thrown, body := tab.last(expression)
		tab.t.Fatalf("%s: waiting for %s: %v\nit throws: %s\nthe browser says: %v\nthe page shows: %s", tab.look.Name, expression, err, thrown, tab.Complaints(), body)
	}
}

// last is what an expression throws that was waited for in vain, and the text of the page. Neither is waited for long: the expression may never come to anything, nor the page to itself.
func (tab *Tab) last(expression string) (thrown, body string) {
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	thrown, _ = chromedp.Run(ctx, chromedp.Evaluate[string](`Promise.race([
		(async () => (`+expression+`))().then(() => "nothing", String),
		new Promise((done) => setTimeout(done, 1000, "nothing yet")),
	])`, chromedp.EvalAwaitPromise))
	body, _ = chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	return thrown, body
}

// poll begins again when the page that it waits on is left.
func (tab *Tab) poll(expression string) error {
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience)))
		if err == nil || ctx.Err() != nil || !left(err) {
			return err
		}
		tab.Do(chromedp.WaitReady("body"))
	}
}

// left tells whether a page went away under what was asked of it.
func left(err error) bool {
	return strings.Contains(err.Error(), "context") || strings.Contains(err.Error(), "navigated")
}

// Eval runs a JavaScript expression in the page, and waits for it if it is a promise.
func (tab *Tab) Eval(expression string) {
	tab.t.Helper()
	Eval[any](tab, expression)
}

// Text is the visible text of the first element that a selector finds.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, fmt.Sprintf("document.querySelector(%q).innerText", selector))
}

// Eval is the value of a JavaScript expression, awaited if it is a promise.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s: %s: %v", tab.look.Name, expression, err)
	}
	return value
}

// Before runs a script in every page that the tab opens from now on, before the page's own.
func (tab *Tab) Before(script string) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script}); err != nil {
		tab.t.Fatalf("%s: %v", tab.look.Name, err)
	}
}

// Forgive lets the console complain with any of these texts: what a test provokes.
func (tab *Tab) Forgive(texts ...string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.forgiven = append(tab.forgiven, texts...)
}

// Complaints are the errors in the console so far, but those that are forgiven.
func (tab *Tab) Complaints() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(tab.said), func(said string) bool {
		return slices.ContainsFunc(tab.forgiven, func(text string) bool { return strings.Contains(said, text) })
	})
}

func (tab *Tab) judge() {
	if said := tab.Complaints(); len(said) > 0 {
		tab.t.Errorf("%s: the browser complains:\n%s", tab.look.Name, strings.Join(said, "\n"))
	}
}

// Shoot writes a picture of the whole page to WAB_SHOTS/name-look.png.
func (tab *Tab) Shoot(name string) {
	tab.t.Helper()
	dir := os.Getenv("WAB_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+"-"+tab.look.Name+".png"), png, 0o644)
	}
	if err != nil {
		tab.t.Errorf("shoot %s: %v", name, err)
	}
}

// Moved tells that the test itself has moved what the page shows, by Eval: shifts of the layout until now are not the page's.
func (tab *Tab) Moved() {
	tab.t.Helper()
	tab.Eval(`layoutShifts.forget()`)
}

// Check fails the test where the page as it is now breaks a rule.
func (tab *Tab) Check() {
	tab.t.Helper()
	for _, rule := range []struct{ what, script string }{
		{"wider than the window", widerScript},
		{"accessibility", axeScript(tab.t)},
		{"layout shift", shiftScript},
	} {
		ctx, cancel := context.WithTimeout(tab, patience)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](rule.script, chromedp.EvalAwaitPromise))
		cancel()
		if err != nil {
			tab.t.Errorf("%s: %s: %v", tab.look.Name, rule.what, err)
		}
		if len(found) > 0 {
			tab.t.Errorf("%s: %s:\n%s", tab.look.Name, rule.what, strings.Join(found, "\n"))
		}
	}
}
