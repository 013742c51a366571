package personalcloud

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui/uitest"
)

// serveBuilt serves the built binary, as a user runs it.
func serveBuilt(t *testing.T) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, "--dev", "--allow-private-peers")
}

// comeIn opens somebody's page as a guest.
func comeIn(tab *browser.Tab, url, name string) {
	tab.Open(url + "/personalcloud/")
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
	tab.Until(loaded + ` && document.querySelector("#address").value.startsWith("` + name + `@")`)
}

// edit changes a field of the card.
func edit(tab *browser.Tab, field, value string) {
	tab.Do(chromedp.Click("#edit"))
	tab.Until(`document.querySelector("#edit-pane").open`)
	tab.Do(chromedp.SetValue("#card-"+field, value), chromedp.SendKeys("#card-"+field, kb.Enter))
	tab.Until(fmt.Sprintf(`!document.querySelector("#edit-pane").open && document.querySelector(".own").innerText.includes(%q)`, value))
}

// pill waits for how things stand with whom is open.
func pill(tab *browser.Tab, word string) {
	tab.Until(fmt.Sprintf(`document.querySelector("#contact-state").innerText === %q`, word))
}

// openOnly opens the only one in the list, when both the link and the card are there: until then the list changes under the pointer, in whatever order they come.
func openOnly(tab *browser.Tab, name string) {
	tab.Until(fmt.Sprintf(`people.children.length === 1 && people.innerText.includes(%q) && people.innerText.includes("Connected")`, name))
	tab.Do(chromedp.Click("#people .entry"))
}

func host(url string) string { return strings.TrimPrefix(url, "http://") }

func TestCHAN6_TwoNewUsersOnTwoServers(t *testing.T) {
	here, there := serveBuilt(t), serveBuilt(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[3])
	uitest.Listen(bob)
	comeIn(alice, here.URL, "alice")
	comeIn(bob, there.URL, "bob")
	bob.Shoot("personalcloud-server-first")
	edit(alice, "name", "Alice Moreau")
	edit(alice, "phone", "+33 1 23 45 67 89")

	// she finds him by his address and asks
	alice.Do(chromedp.SendKeys("#target", "bob@"+host(there.URL)+kb.Enter))
	pill(alice, "Asked")
	bob.Until(`document.querySelector("#tab-requests .badge").innerText === "1" && said("asks to connect")`)
	bob.Do(chromedp.Click("#tab-requests"))
	bob.Until(`document.querySelector("#requests").innerText.includes("Verified")`)
	bob.Shoot("personalcloud-server-asked")
	bob.Check()

	// he approves, with profile updates only
	bob.Do(chromedp.Click(`[aria-label="Approve alice@` + host(here.URL) + `"]`))
	bob.Until(`document.querySelector("#answer-pane").open`)
	bob.Do(chromedp.Click(`#answer-pane [value="profile"]`), chromedp.Click("#answer-pane [data-approve]"))
	pill(alice, "Connected")
	bob.Do(chromedp.Click("#tab-people"))
	openOnly(bob, "Alice Moreau")
	pill(bob, "Connected")
	bob.Until(`document.querySelector("#contact-facts").innerText.includes("+33 1 23 45 67 89")`)

	// a changed phone number reaches his address book
	edit(alice, "phone", "+33 6 98 76 54 32")
	bob.Until(`document.querySelector("#contact-facts").innerText.includes("+33 6 98 76 54 32")`)

	// a message is refused, with the reason
	alice.Do(chromedp.SendKeys("#text", "Did my new number arrive?"+kb.Enter))
	alice.Until(`messages.innerText.includes("does not take messages: ")`)
	t.Log(alice.Text("#messages .problem"))
	alice.Shoot("personalcloud-server-refused")
	alice.Check()
	bob.Until(`document.querySelector("#contact-use").innerText.includes("1 refused")`)
	bob.Shoot("personalcloud-server-contact")
	bob.Check()
	if text := bob.Text("#messages"); strings.Contains(text, "new number") {
		t.Errorf("bob has the message: %s", text)
	}

	// he ends it
	bob.Do(chromedp.Click("#end"))
	bob.Until(`document.querySelector("#sure-pane").open`)
	bob.Do(chromedp.Click(`#sure-pane [value="yes"]`))
	pill(bob, "Ended")
	pill(alice, "Ended")
	alice.Do(chromedp.Click("#tab-activity"))
	alice.Until(`log.innerText.includes("does not take messages.") && log.innerText.includes("ended")`)
	alice.Shoot("personalcloud-server-activity")
	alice.Check()
}

func TestMessagesAndAnInvitation(t *testing.T) {
	s := serveBuilt(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[1]), browser.Start(t).Tab(t, browser.Looks[2])
	comeIn(alice, s.URL, "alice")
	comeIn(bob, s.URL, "bob")
	edit(bob, "name", "Bob Okafor")
	alice.Do(chromedp.Click("#invite"), chromedp.Click("#invite-pane [type=submit]"))
	alice.Until(`document.querySelector("#invite-link").value.includes("invitation=")`)
	link := browser.Eval[string](alice, `document.querySelector("#invite-link").value`)
	alice.Do(chromedp.KeyEvent(kb.Escape))
	bob.Do(chromedp.SetValue("#target", link), chromedp.SendKeys("#target", kb.Enter))
	pill(bob, "Connected")
	openOnly(alice, "Bob Okafor")
	pill(alice, "Connected")
	alice.Do(chromedp.SendKeys("#text", "Welcome!"+kb.Enter))
	bob.Until(`messages.innerText.includes("Welcome!")`)
	bob.Do(chromedp.SendKeys("#text", "Glad to be here."+kb.Enter))
	alice.Until(`messages.innerText.includes("Glad to be here.")`)
	alice.Shoot("personalcloud-server-talk")
	alice.Check()
	bob.Check()
}

func TestCHAN6_OneClickFromTheWhitePages(t *testing.T) {
	s := serveBuilt(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[0])
	comeIn(alice, s.URL, "alice")
	comeIn(bob, s.URL, "bob")
	edit(bob, "name", "Bob Okafor")
	bob.Do(chromedp.Click("#listed"))
	bob.Eval(`import("/wab/wab.js").then(({ connect }) => connect({ app: "whitepages", ca: "commons/pages" })).then((pages) => (window.pages = pages) && undefined)`)
	bob.Until(`pages.Search("okafor", 1).then((found) => found.length === 1)`) // until then nobody finds him
	alice.Do(chromedp.SendKeys("#target", "okafor"))
	alice.Until(`document.querySelector("#found-people").innerText.includes("Bob Okafor")`)
	alice.Shoot("personalcloud-server-found")
	alice.Do(chromedp.Click("#found-people .button"))
	pill(alice, "Asked")
	bob.Until(`document.querySelector("#tab-requests .badge").innerText === "1"`)
	alice.Check()
}

func TestAPageOutlivesTheServer(t *testing.T) {
	s := serveBuilt(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Forgive("ERR_", "WebSocket")
	comeIn(tab, s.URL, "alice")
	s.Kill()
	tab.Until(`document.querySelector("#connect").disabled && notice.innerText.includes("Offline")`)
	s.Start()
	tab.Until(loaded + ` && !document.querySelector("#connect").disabled && notice.hidden`)
	edit(tab, "phone", "1")
}

// TestWhatAPageWeighs prints what comes over the wire before the core, and judges it.
func TestWhatAPageWeighs(t *testing.T) {
	s := serveBuilt(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL)
	tab.Do(chromedp.Click(`a[href="/personalcloud/"]`))
	tab.Until(`document.activeElement.id === "owner"`)
	kB := browser.Eval[float64](tab, `performance.getEntriesByType("resource").filter(e => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)`) / 1000
	t.Logf("scripts of the first view: %.1f kB", kB)
	if kB == 0 || kB > 50 {
		t.Errorf("the first view has %.1f kB of scripts; its budget is 50", kB)
	}
}

// TestCHAN6_AnAddressIsFoundByWebFinger looks at what strangers see of somebody: a name and a doorbell, until they hide.
func TestCHAN6_AnAddressIsFoundByWebFinger(t *testing.T) {
	s := newSite(t)
	a := s.cloud("alice")
	a.do("SetProfile", map[string]any{"name": "Alice Moreau", "phone": "+33 1"})
	path := "/.well-known/webfinger?resource=acct:" + a.address()
	found := s.get(path)
	var doc struct{ Subject string }
	if err := json.Unmarshal([]byte(found), &doc); err != nil || doc.Subject == "" || !strings.Contains(found, "Alice Moreau") || strings.Contains(found, "+33") {
		t.Errorf("strangers see %s", found)
	}
	a.do("BeFound", false)
	if got := s.get(path); strings.Contains(got, "Alice") {
		t.Errorf("hidden, strangers see %s", got)
	}
}
