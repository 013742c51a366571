// Package uitest looks at pages with a real Chromium, for tests: it takes pictures in wide and narrow windows, light and dark, and fails where a page
// breaks a rule of ours: an accessibility violation that axe-core finds (contrast included), a shift of the layout, something wider than the window,
// or anything that the browser complains about (a refused script, a missing file, an exception).
//
// Pictures are written to the folder that WAB_SHOTS names, and nowhere if it names none. The tests are skipped where there is no Chromium, unless
// WAB_BROWSER=required.
package uitest
