package browser

import (
	"context"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is a window and a colour scheme.
type Look struct {
	Name          string
	Width, Height int64
	Scheme        string // "light" or "dark"
}

// Looks are the four that every page is seen in.
var Looks = []Look{
	{"wide-light", 1280, 800, "light"},
	{"wide-dark", 1280, 800, "dark"},
	{"narrow-light", 390, 844, "light"},
	{"narrow-dark", 390, 844, "dark"},
}

// Turn gives the tab another look, as a window that is sized anew and a scheme that is switched. Until the page has followed, by Moved, its layout shifts.
func (tab *Tab) Turn(look Look) {
	tab.t.Helper()
	tab.look = look
	tab.Do(
		chromedp.EmulateViewport(look.Width, look.Height),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: look.Scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			return err
		}),
	)
}
