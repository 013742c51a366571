package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shiftsPage has a text below a box, in a shadow tree. move makes the box higher, or lower, and a key on the button does what onpress says.
const shiftsPage = `data:text/html,<link rel=icon href=data:,><title>Shifts</title><button onclick="onpress()">Press</button><x-list></x-list><script>
	var unexpected = false, high = 0;
	const inside = document.querySelector("x-list").attachShadow({ mode: "open" });
	inside.innerHTML = "<div class=box></div><p class=below style=height:150px>below</p>";
	const move = () => { inside.querySelector(".box").style.height = (high = 200 - high) + "px"; };
	const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end; ) {} };
	new PerformanceObserver((list) => { unexpected ||= list.getEntries().some((e) => !e.hadRecentInput); }).observe({ type: "layout-shift" });
</script>`

// late moves the text when Chromium thinks of no input any more, as a busy machine does: after half a second, yet at once.
const late = `busy(700); setTimeout(move);`

func openShifts(t *testing.T, onpress string) *Tab {
	tab := Start(t).Tab(t, Looks[0])
	tab.Open(shiftsPage)
	tab.Eval(`window.onpress = () => { ` + onpress + ` }`)
	tab.Eval(`document.querySelector("button").focus()`)
	return tab
}

func shifts(tab *Tab) []string { return Eval[[]string](tab, shiftScript) }

func TestALateEffectOfAnInputIsNoShift(t *testing.T) {
	tab := openShifts(t, late)
	for presses := 0; !Eval[bool](tab, `unexpected`); presses++ { // to Chromium
		if presses == 20 {
			t.Fatal("every effect came in time: the test tests nothing")
		}
		tab.Do(chromedp.KeyEvent(kb.Enter))
		if found := shifts(tab); len(found) > 0 {
			t.Fatalf("%q", found)
		}
	}
}

// A shift is found as soon as it has no cause to Chromium any more.
func TestAShiftThatNobodyCausedIsFoundAfterAnInput(t *testing.T) {
	for _, onpress := range []string{`move();`, late} {
		tab := openShifts(t, onpress)
		tab.Do(chromedp.KeyEvent(kb.Enter))
		tab.Moved()
		tab.Eval(`unexpected = false`)
		tab.Until(`(move(), unexpected)`)
		found := shifts(tab)
		if len(found) == 0 || !strings.HasPrefix(found[0], "x-list p.below moved from 8,") || !strings.HasSuffix(found[0], " ms after an input") {
			t.Errorf("after %q: %q", onpress, found)
		}
		tab.Moved()
		if found := shifts(tab); len(found) > 0 {
			t.Errorf("after Moved: %q", found)
		}
	}
}
