package tweetiot

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

// serveBuilt serves the built binary, as a user runs it.
func serveBuilt(t *testing.T) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, "--dev")
}

// ready is true once the page is live, and is the lamp and the buzzer that follow #friends.
const ready = `document.querySelector(".state").innerText === "Live" && follows.children.length >= 2 && ` + there

// comeIn opens somebody's page as a guest, and has it count how often its devices were on.
func comeIn(tab *browser.Tab, url, name string) {
	tab.Open(url)
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
	tab.Until(ready)
	count(tab)
}

func count(tab *browser.Tab) {
	tab.Eval(`(window.ons = { lamp: 0, buzzer: 0 }, new MutationObserver(all => all.forEach(m => m.oldValue === "yes" && m.target.id && ons[m.target.id]++))
		.observe(document.body, { subtree: true, attributeFilter: ["data-on"], attributeOldValue: true }))`)
}

// post has a page post a text. Its instant is to come in 2 s, and devices may be 2 s late: a busy machine needs that.
func post(tab *browser.Tab, text string) {
	tab.Until(`!document.querySelector("#text").disabled`)
	tab.Eval(fmt.Sprintf(`(document.querySelector("#text").value = %q, document.querySelector("#text").dispatchEvent(new Event("input")))`, text))
	tab.Until(`!document.querySelector("#post").disabled`)
	tab.Do(chromedp.Click("#post"))
	tab.Until(shows(text))
}

// flash posts a text, with how long in place of %d, and waits until all tabs' devices have acted and told so: who takes a device's place before that would act again. A machine may be too busy for the 2 s: where a device tells that it came too
// late, nothing is shown, and another is posted.
func flash(t *testing.T, from *browser.Tab, text string, long int, acted string, tabs ...*browser.Tab) (said string) {
	t.Helper()
	for try := range 5 {
		for _, tab := range tabs {
			tab.Eval(`window.before = { ...ons }`)
		}
		said = fmt.Sprintf(text, long+try)
		post(from, said)
		late := false
		for _, tab := range tabs {
			tab.Until(`(` + acted + `) && ` + told(said, "") + ` || ` + told(said, "came too late"))
			late = late || !browser.Eval[bool](tab, acted)
		}
		if !late {
			return said
		}
		t.Logf("%q came too late, and is posted again", said)
		for _, tab := range tabs {
			tab.Until(`lamp.dataset.on !== "yes" && buzzer.dataset.on !== "yes"`) // what acted in time counts for the next try no more
			tab.Eval(`Object.assign(ons, before)`)
		}
	}
	t.Fatalf("the machine is too busy for %q", text)
	return ""
}

// told is true once a page tells of a device of its owner's what became of a post, in these words.
func told(text, words string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".post")].filter(p => p.querySelector(".text").textContent === %q)
		.some(p => [...p.querySelectorAll(".act")].some(a => a.innerText.includes("your ") && a.innerText.includes(%q)))`, text, words)
}

// shows is true once a page lists a post.
func shows(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".post .text")].some(e => e.textContent === %q)`, text)
}

// letIn has a page's owner let somebody in.
func letIn(tab *browser.Tab, who string) {
	tab.Do(chromedp.SendKeys("#befriend input[id=friend]", who+kb.Enter))
	tab.Until(fmt.Sprintf(`document.querySelector("#friends").innerText.includes(%q)`, who))
}

func TestAPostMovesTheDevicesOfFriendsOnly(t *testing.T) {
	s := serveBuilt(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[3])
	comeIn(alice, s.URL+"/tweetiot/", "alice")
	alice.Shoot("tweetiot-server-first")
	comeIn(bob, s.URL+"/tweetiot/", "bob")
	letIn(bob, "alice")
	letIn(alice, "bob") // whose timeline alice's page then asks for
	both := flash(t, alice, "flash for 300 then buzz for %d #friends at NOW+2000", 300, `ons.lamp === 1 && ons.buzzer === 1 && lamp.dataset.on === "no"`, alice, bob)
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(shows(both))
		tab.Until(`document.querySelectorAll(".act").length >= 2`)
	}
	alice.Until(`document.querySelector(".spread").innerText.startsWith("4 devices acted within")`)
	t.Log(alice.Text(".spread"))
	alice.Shoot("tweetiot-server-both")
	alice.Check()

	// a stranger may not
	eve := s.Guest("eve")
	if status, body := s.Post("/api/tweetiot/eve/home/Tweet", eve, `["flash #friends"]`); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	bob.Until(shows(flash(t, alice, "flash for %d #friends at NOW+2000", 10, `ons.lamp === 2`, alice, bob)))
	if browser.Eval[bool](bob, shows("flash #friends")) {
		t.Error("eve's post counts at bob's")
	}

	// who is a friend no more may not
	bob.Do(chromedp.Click(`[aria-label="Keep alice out"]`))
	bob.Until(`!document.querySelector("#friends").innerText.includes("alice")`)
	alone := flash(t, alice, "flash for %d #friends at NOW+2000", 20, `ons.lamp === 3`, alice)
	flash(t, bob, "flash for %d #friends at NOW+2000", 30, `ons.lamp === 3 && lamp.dataset.on === "no"`, bob)
	if browser.Eval[bool](bob, shows(alone)) {
		t.Error("alice's post counts at bob's")
	}
	bob.Shoot("tweetiot-server-bob")
	bob.Check()
}

func TestAGadgetTakesThePagesPlace(t *testing.T) {
	s := serveBuilt(t)
	chromium := browser.Start(t)
	page := chromium.Tab(t, browser.Looks[0])
	comeIn(page, s.URL+"/tweetiot/", "alice")
	page.Do(chromedp.Click("#register"), chromedp.KeyEvent(kb.Enter))
	page.Until(`document.querySelector("#device-link").value.includes("/tweetiot/device#token=")`)
	link := browser.Eval[string](page, `document.querySelector("#device-link").value`)
	page.Do(chromedp.KeyEvent(kb.Escape))

	phone := browser.Start(t).Tab(t, browser.Looks[2])
	phone.Open(link)
	phone.Until(`document.querySelector("#lamp").dataset.place === "here"`)
	count(phone)
	page.Until(`lamp.dataset.place === "elsewhere" && gadgets.innerText.includes("there, ±")`)
	flash(t, page, "flash for %d #friends at NOW+2000", 1000, `ons.lamp === 1`, page) // it mirrors what the lamp says
	phone.Until(`ons.lamp === 1 && last.innerText.includes("after it was due")`)
	phone.Shoot("tweetiot-server-phone")
	phone.Check()
	page.Shoot("tweetiot-server-elsewhere")

	// another link for the same name ends the first one
	page.Do(chromedp.Click("#register"), chromedp.KeyEvent(kb.Enter))
	page.Until(`document.querySelector("#device-link").value.includes("/tweetiot/device#token=")`)
	page.Do(chromedp.KeyEvent(kb.Escape))
	phone.Until(`notice.innerText.includes("worth nothing any more")`)
	page.Until(there)
	flash(t, page, "flash for %d #friends at NOW+2000", 50, `ons.lamp === 2`, page)
}

func TestOneOfTwoTabsIsTheLamp(t *testing.T) {
	s := serveBuilt(t)
	chromium := browser.Start(t)
	first, second := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[1])
	comeIn(first, s.URL+"/tweetiot/", "alice")
	second.Open(s.URL + "/tweetiot/")
	second.Until(`lamp.dataset.place === "elsewhere" && buzzer.dataset.place === "elsewhere"`)
	count(second)
	flash(t, second, "flash for %d #friends at NOW+2000", 1000, `ons.lamp === 1`, first, second)
	first.Close()
	second.Until(there)
	flash(t, second, "flash for %d #friends at NOW+2000", 10, `ons.lamp === 2`, second)
}

func TestAPageOutlivesTheServer(t *testing.T) {
	s := serveBuilt(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("ERR_", "WebSocket")
	comeIn(tab, s.URL+"/tweetiot/", "alice")
	said := flash(t, tab, "flash for %d #friends at NOW+2000", 10, `ons.lamp === 1`, tab)
	s.Kill()
	tab.Until(`document.querySelector("#post").disabled && notice.innerText.includes("you can post again")`)
	s.Start()
	tab.Until(ready)
	flash(t, tab, "flash for %d #friends at NOW+2000", 20, `ons.lamp === 2`, tab)
	tab.Until(shows(said))
}

// TestWhatAPageWeighs comes from the launcher, prints what comes over the wire before the core, and judges it.
func TestWhatAPageWeighs(t *testing.T) {
	s := serveBuilt(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL)
	tab.Shoot("tweetiot-launcher")
	tab.Do(chromedp.Click(`a[href="/tweetiot/"]`))
	tab.Until(`document.activeElement.id === "owner"`)
	kB := browser.Eval[float64](tab, `performance.getEntriesByType("resource").filter(e => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)`) / 1000
	t.Logf("scripts of the first view: %.1f kB", kB)
	if kB == 0 || kB > 50 {
		t.Errorf("the first view has %.1f kB of scripts; its budget is 50", kB)
	}
}
