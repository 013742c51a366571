// Package browser drives a real Chromium, for tests: tabs in one browser with an empty profile, what a person does in them, and what the browser has to
// complain about. It takes pictures in wide and narrow windows, light and dark, and fails where a page breaks a rule of ours: an accessibility
// violation that axe-core finds (contrast included), a shift of the layout, something wider than the window.
//
// # What fails a test
//
// Anything in a tab's console that is an error or an uncaught exception (a refused script, a missing file, a thrown Error), unless the test said with
// Forgive that it is to come. Waiting for what doesn't come: Until tells what the page shows instead. A missing browser: the rules of pages are not kept
// by skipping them.
//
// # What it starts and ends
//
// A Browser is one process with a profile of its own. It ends with its test, its children are ended with it, and then the profile is removed: a child that
// lived a moment longer would still write there. Nothing else is ever ended. Each tab has one goroutine that hears the console; it ends with the tab. Nothing
// here waits by sleeping: conditions are polled within the page, once a frame.
//
// # Pictures
//
// Shoot writes to the folder that WAB_SHOTS names, an absolute path, and nowhere if it names none. CHROMIUM names the program to drive, where it is not
// called chromium.
//
// # Slow machines
//
// With WAB_SLOW=6 the pages of all tabs and frames run six times slower than they could. It finds tests, and pages, that only work as long as what they wait for is quick. Servers,
// workers and Firefox are as fast as ever.
//
// # Firefox
//
// A second engine is driven by a script of the test's own in node, with puppeteer-core: Firefox finds the program, Node runs the script. FIREFOX names another.
package browser
