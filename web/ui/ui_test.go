package ui_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui"
)

// inline finds what the content security policy would refuse.
var inline = regexp.MustCompile(`<script[^>]*>[^<]|<style|\sstyle="|\son\w+="|javascript:`)

func TestPagesNeedNothingInline(t *testing.T) {
	for name, page := range somePages() {
		var b strings.Builder
		if err := page.Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if found := inline.FindString(b.String()); found != "" {
			t.Errorf("%s: %q", name, found)
		}
	}
}

func TestFaultsSayWhatHappened(t *testing.T) {
	for status, words := range map[int]string{404: "There is nothing here", 403: "not open to you", 500: "what was saved is safe", 418: "did not work"} {
		w := httptest.NewRecorder()
		ui.WriteFault(w, httptest.NewRequest("GET", "/x", nil), ui.FaultProps{Status: status})
		if w.Code != status || !strings.Contains(w.Body.String(), words) {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		for _, header := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
			if w.Header().Get(header) == "" {
				t.Errorf("%d: no %s", status, header)
			}
		}
	}
}

func TestOPS1_FaultsEscapeWhatWasAskedFor(t *testing.T) {
	for _, path := range []string{`/"><script>alert(1)</script>`, `//evil.example/x`, "/\\evil.example", "/javascript:alert(1)"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusServiceUnavailable, Path: path})
		for _, bad := range []string{"<script>alert", `href="//evil`, `href="/\evil`, `href="javascript:`} {
			if strings.Contains(w.Body.String(), bad) {
				t.Errorf("%q gives %q", path, bad)
			}
		}
	}
}

func TestTheThemeIsKept(t *testing.T) {
	server := serve(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0]) // the system is light
	tab.Open(server.URL + "/launcher")
	background := `getComputedStyle(document.documentElement).backgroundColor`
	tab.Until(background + ` === "rgb(247, 247, 245)"`)
	tab.Do(chromedp.Click("[data-theme-switch]"), chromedp.Click("[data-theme-switch]"))
	tab.Until(background + ` === "rgb(18, 19, 22)" && document.querySelector("[data-theme-switch]").ariaLabel.includes("dark")`)
	tab.Open(server.URL + "/missing")
	tab.Until(background + ` === "rgb(18, 19, 22)"`)
	tab.Check()
	tab.Do(chromedp.Click("[data-theme-switch]"))
	tab.Until(background + ` === "rgb(247, 247, 245)" && localStorage.length === 0`)
}

func TestTheFirstStopOfTheKeyboardSkipsTheBar(t *testing.T) {
	server := serve(t)
	tab := browser.Start(t).Tab(t, browser.Looks[2])
	tab.Open(server.URL + "/launcher")
	tab.Do(chromedp.KeyEvent(kb.Tab))
	tab.Until(`document.activeElement.className === "skip" && document.activeElement.getBoundingClientRect().top >= 0`)
	tab.Do(chromedp.KeyEvent(kb.Enter))
	tab.Until(`document.activeElement.id === "content"`)
	tab.Do(chromedp.KeyEvent(kb.Tab))
	tab.Until(`document.activeElement.getAttribute("href") === "/counter/"`)
}

func TestWhatIsFocusedIsNotUnderTheBar(t *testing.T) {
	server := serve(t)
	tab := browser.Start(t).Tab(t, browser.Look{Name: "low", Width: 390, Height: 300, Scheme: "light"})
	tab.Open(server.URL + "/parts")
	tab.Eval(`[...document.querySelectorAll("main :is(button, input, a, select)")].filter(e => e.checkVisibility() && !e.disabled).reverse().forEach(e => {
		scrollTo(0, e.getBoundingClientRect().top + scrollY - 10);
		e.focus();
		if (document.activeElement === e && e.getBoundingClientRect().top < document.querySelector(".bar").getBoundingClientRect().bottom) console.error("under the bar: " + e.outerHTML);
	})`)
}
