package hellowab

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
)

// pick chooses what everybody sees, by the panel.
func pick(host *browser.Tab, app, ca string) {
	host.Do(chromedp.Click("#background-button"))
	host.Until(`choices.children.length > 0`)
	host.Do(chromedp.Click(`#choices input[value="`+app+`"]`), chromedp.SetValue("#background-ca", ca), chromedp.SendKeys("#background-ca", kb.Enter))
	host.Until(`document.getElementById("background-line").innerText.includes("` + ca + `") || document.getElementById("background-line").innerText.includes("own")`)
	host.Until(`background.hidden && document.activeElement.id === "background-button"`)
}

const counts = live + ` && !more.disabled`

func TestCALL3_EverybodySeesTheBackgroundAsThemselves(t *testing.T) {
	s := run(t)
	alice, bob := admitted(t, s.URL)

	// everybody's own: two people in one meeting see different things
	pick(alice, "counter", "home")
	hers, his := alice.Frame("/counter/?ca=alice/home"), bob.Frame("/counter/?ca=bob/home")
	hers.Until(counts)
	his.Until(counts + ` && me.offsetParent === null && whose.innerText.includes("Your counter")`)
	his.Eval(`more.click()`)
	his.Until(`count.textContent === "1"`)
	hers.Until(`count.textContent === "0"`)
	if got := browser.Eval[string](his, `import("/wab/wab.js").then(({ connect }) => connect({ app: "counter", ca: "alice/home" })).then(() => "in", (e) => e.code)`); got != "not_allowed" {
		t.Errorf("bob's frame reaches alice's counter: %s", got)
	}

	// one for all, each as themselves
	pick(alice, "counter", "alice/standup")
	hers, his = alice.Frame("/counter/?ca=alice/standup"), bob.Frame("/counter/?ca=alice/standup")
	hers.Until(counts + ` && count.textContent === "0"`)
	his.Until(counts)
	his.Eval(`more.click()`)
	hers.Until(`count.textContent === "1" && document.querySelector("[data-ledger]").innerText.includes("bob")`)

	// somebody's who hasn't let them in: the app itself says so
	if status, body := s.Post("/api/counter/carol/home/Add", s.Guest("carol"), `[5]`); status != 200 {
		t.Fatal(body)
	}
	if status, body := s.Post("/api/hellowab/alice/standup/SetBackground", s.Guest("alice"), `["counter","carol/home"]`); status != 200 {
		t.Fatal(body)
	}
	bob.Frame("/counter/?ca=carol/home").Until(`notice.innerText.includes("Ask carol to let “bob” in") && document.querySelector(".state").textContent === "Refused"`)
	bob.Shoot("hellowab-refused")

	if status, body := s.Post("/api/hellowab/alice/standup/SetBackground", s.Guest("alice"), `["tweetiot","home"]`); status != 200 {
		t.Fatal(body)
	}
	bob.Frame("/tweetiot/?ca=bob/home").Until(`document.getElementById("whose").innerText === "TweetIoT, bob’s devices" && room.dataset.ready === "yes"`)
	bob.Shoot("hellowab-tweetiot")
	if status, body := s.Post("/api/hellowab/alice/standup/SetBackground", s.Guest("alice"), `["",""]`); status != 200 {
		t.Fatal(body)
	}
	bob.Until(`!document.querySelector("iframe") && stage.innerText.includes("alice chooses what is shown")`)
}

// TestCALL4_TheAppIsUsedThroughTheCall: pointer and keyboard reach what lies under the video.
func TestCALL4_TheAppIsUsedThroughTheCall(t *testing.T) {
	s := run(t)
	alice, bob := admitted(t, s.URL)
	see(bob, "alice")
	his := bob.Frame("/whiteboard/")
	his.Until(live + ` && desk.hasAttribute("data-editable")`)
	before := browser.Eval[string](his, `surface.getAttribute("aria-label")`)
	bob.Do(
		chromedp.MouseClickXY(700, 620), // the frame has the keyboard
		chromedp.KeyEvent("r"),
		chromedp.MouseEvent(chromedp.MouseMoved, 500, 620), chromedp.MouseEvent(chromedp.MousePressed, 500, 620, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent(chromedp.MouseMoved, 560, 650, chromedp.ButtonLeft), chromedp.MouseEvent(chromedp.MouseMoved, 620, 680, chromedp.ButtonLeft),
		chromedp.MouseEvent(chromedp.MouseReleased, 620, 680, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	)
	his.Until(`surface.getAttribute("aria-label") !== "` + before + `"`)
	after := browser.Eval[string](his, `surface.getAttribute("aria-label")`)
	alice.Frame("/whiteboard/").Until(`surface.getAttribute("aria-label") === "` + after + `"`)
}

func TestOneAloneInTwoTabs(t *testing.T) {
	s := run(t)
	chromium := browser.Start(t, media...)
	first, second := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[2])
	comeIn(first, s.URL+"/hellowab/", "alice")
	first.Until(shown + ` && ` + inCall(1) + ` && location.search === "?ca=alice/meeting"`)
	if link := browser.Eval[string](first, `document.getElementById("link").value`); link != s.URL+"/hellowab/?ca=alice/meeting" {
		t.Errorf("the link is %q", link)
	}
	second.Open(browser.Eval[string](first, `document.getElementById("second").href`))
	second.Until(shown + ` && ` + inCall(2))
	first.Until(inCall(2))
	bring(first)
	mine := `document.querySelector("[data-device='alice/home/lamp']")`
	second.Until(mine + `?.innerText.includes("off")`)
	second.Shoot("hellowab-alone")
	second.Check()
	second.Do(chromedp.Click(`[data-device='alice/home/lamp']`))
	second.Until(mine + `.dataset.on === "true"`)
	first.Until(mine + `.dataset.on === "true"`)
	for _, panel := range []string{"invite", "background", "people", "devices"} {
		second.Do(chromedp.Click("#" + panel + "-button"))
		second.Until(`!document.getElementById("` + panel + `").hidden`)
		second.Shoot("hellowab-panel-" + panel)
		second.Check()
		second.Do(chromedp.KeyEvent(kb.Escape))
		second.Until(`document.getElementById("` + panel + `").hidden && document.activeElement.id === "` + panel + `-button"`)
	}
	first.Close()
	second.Until(inCall(1) + ` && !` + mine)
}
