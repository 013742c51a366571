package whiteboard

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui/uitest"
)

// run serves the built binary, as a user runs it.
func run(t *testing.T) *wabproc.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	return wabproc.Start(t, "--dev")
}

// comeIn opens a board as a guest.
func comeIn(tab *browser.Tab, url, name string) {
	tab.Open(url)
	tab.Until(`document.activeElement.id === "owner"`)
	tab.Do(chromedp.SetValue("#owner", name), chromedp.SendKeys("#owner", kb.Enter))
}

const (
	live  = `document.querySelector(".state").innerText === "Live"`
	draws = live + ` && desk.hasAttribute("data-editable")`
	saved = draws + ` && saving.textContent === "Saved"`
)

// lies is true once so many elements lie on the board.
func lies(n int) string {
	return fmt.Sprintf(`surface.getAttribute("aria-label") === "The board, %d elements"`, n)
}

// fresh is how many lie on a new one.
var fresh = len(welcome())

// drag draws with a tool from one place of the window to another.
func drag(tab *browser.Tab, key string, x1, y1, x2, y2 float64) {
	steps := []chromedp.Action[chromedp.Void]{
		chromedp.KeyEvent(key),
		chromedp.MouseEvent(chromedp.MouseMoved, x1, y1),
		chromedp.MouseEvent(chromedp.MousePressed, x1, y1, chromedp.ButtonLeft, chromedp.ClickCount(1)),
	}
	const all = 12
	for i := 1; i <= all; i++ {
		f := float64(i) / all
		steps = append(steps, chromedp.MouseEvent(chromedp.MouseMoved, x1+(x2-x1)*f, y1+(y2-y1)*f, chromedp.ButtonLeft))
	}
	tab.Do(append(steps, chromedp.MouseEvent(chromedp.MouseReleased, x2, y2, chromedp.ButtonLeft, chromedp.ClickCount(1)))...)
}

// invite lets somebody in through the panel.
func invite(tab *browser.Tab, who, role string) {
	tab.Do(chromedp.Click("#invite"), chromedp.SetValue("#role", role), chromedp.SendKeys("#friend", who+kb.Enter))
	tab.Until(fmt.Sprintf(`members.innerText.includes(%q)`, who))
	tab.Do(chromedp.KeyEvent(kb.Escape))
	tab.Until(`share.hidden`)
}

func TestTwoPeopleDrawAndSeeEachOther(t *testing.T) {
	s := run(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[1])
	comeIn(alice, s.URL+"/whiteboard/", "alice")
	alice.Until(draws + ` && ` + lies(fresh))
	settle(alice)
	alice.Shoot("whiteboard-server-first")
	alice.Check()
	invite(alice, "bob", "editors")
	comeIn(bob, s.URL+"/whiteboard/?ca=alice/home", "bob")
	bob.Until(draws + ` && ` + lies(fresh))
	alice.Until(`faces.innerText.includes("bob") && live.innerText.includes("bob is here")`)

	drag(bob, "d", 200, 600, 500, 640)
	bob.Until(saved)
	alice.Until(lies(fresh + 1))
	drag(alice, "r", 700, 600, 820, 680)
	bob.Until(lies(fresh + 2))
	bob.Do(chromedp.MouseEvent(chromedp.MouseMoved, 400, 300))
	alice.Until(`document.querySelector(".cursor:not([hidden])")?.innerText === "bob"`)

	// each undoes their own
	bob.Do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	alice.Until(lies(fresh + 1))
	bob.Do(chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	settle(bob)
	bob.Until(lies(fresh+1) + ` && undo.disabled`)
	bob.Do(chromedp.KeyEvent("y", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	alice.Until(lies(fresh + 2))

	// a text of one is read by the other
	alice.Do(chromedp.KeyEvent("n"), chromedp.MouseClickXY(620, 620))
	alice.Until(`!typing.hidden && document.activeElement === typing`)
	alice.Do(chromedp.KeyEvent("Milk and bread"), chromedp.KeyEvent(kb.Escape))
	alice.Until(saved)
	bob.Do(chromedp.Focus("#surface"), chromedp.KeyEvent("/"))
	bob.Until(`elements.innerText.includes("Milk and bread, by alice")`)
	settle(alice)
	alice.Shoot("whiteboard-server-two")
	bob.Shoot("whiteboard-server-two")
	alice.Check()
	bob.Check()
	bob.Close()
	alice.Until(`!faces.innerText.includes("bob") && live.innerText.includes("bob has left")`)
}

func TestOneAloneInTwoTabs(t *testing.T) {
	s := run(t)
	chromium := browser.Start(t)
	first, second := chromium.Tab(t, browser.Looks[0]), chromium.Tab(t, browser.Looks[1])
	comeIn(first, s.URL+"/whiteboard/", "alice")
	first.Until(draws + ` && ` + lies(fresh))
	second.Open(browser.Eval[string](first, `document.querySelector("#second").href`))
	second.Until(draws + ` && ` + lies(fresh))
	drag(second, "d", 200, 600, 500, 640)
	second.Until(saved)
	first.Until(lies(fresh+1) + ` && document.querySelector(".cursor:not([hidden])")?.innerText === "alice"`)
	if workers := chromium.SharedWorkers(t); len(workers) != 1 {
		t.Errorf("two tabs have %d workers", len(workers))
	}
	first.Do(chromedp.Focus("#surface"), chromedp.KeyEvent("a", ctrl()), chromedp.KeyEvent(kb.Delete))
	second.Until(lies(0))
}

// TestMAP10_ThousandsOfElementsOnAServer prints how long a page takes to show them, first and after a reload.
func TestMAP10_ThousandsOfElementsOnAServer(t *testing.T) {
	s := run(t)
	token := s.Guest("alice")
	const each, rounds = 400, 5
	for round := range rounds {
		var changes []string
		for i := range each {
			n := round*each + i
			changes = append(changes, fmt.Sprintf(`{"id":"e%d","element":{"kind":%q,"x":%d,"y":%d,"w":90,"h":60,"z":%d,"color":%q,"size":18,"text":%q}}`,
				n, kinds[1+n%6], n%50*110, 600+n/50*80, n+100, colors[n%len(colors)], fmt.Sprint("number ", n)))
		}
		if status, body := s.Post("/api/whiteboard/alice/home/Draw", token, "[["+strings.Join(changes, ",")+"]]"); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	all := fresh + each*rounds
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	comeIn(tab, s.URL+"/whiteboard/", "alice")
	tab.Until(draws + ` && ` + lies(all))
	settle(tab)
	tab.Shoot("whiteboard-server-many")
	tab.Do(chromedp.Reload())
	tab.Until(draws + ` && ` + lies(all))
	t.Logf("reload → a board of %d elements: %.0f ms", all, browser.Eval[float64](tab, `performance.getEntriesByName("board")[0].startTime`))
	drag(tab, "d", 300, 300, 600, 360)
	tab.Until(saved + ` && ` + lies(all+1))
}

func TestMAP6_WhoWasCutOffComesBackWithAll(t *testing.T) {
	s := run(t)
	front := newGate(t, s.URL)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[2])
	comeIn(alice, s.URL+"/whiteboard/", "alice")
	alice.Until(draws + ` && ` + lies(fresh))
	invite(alice, "bob", "editors")
	comeIn(bob, front.URL()+"/whiteboard/?ca=alice/home", "bob")
	bob.Until(draws + ` && ` + lies(fresh))

	bob.Forgive("ERR_", "WebSocket")
	front.Cut()
	bob.Until(`document.querySelector(".state").innerText === "Offline" && strip.innerText.includes("Go on drawing")`)
	drag(bob, "d", 60, 600, 300, 640)
	drag(bob, "o", 100, 300, 220, 380)
	bob.Until(`saving.textContent === "2 changes kept here"`)
	bob.Shoot("whiteboard-server-away")
	drag(alice, "a", 200, 640, 500, 600)
	alice.Until(saved)
	front.Mend()
	for _, tab := range []*browser.Tab{alice, bob} {
		tab.Until(saved + ` && strip.innerText === "" && ` + lies(fresh+3))
	}
}

// TestMAP6_UnsentChangesOutliveThePage reloads a page that has something to say and nobody to say it to.
func TestMAP6_UnsentChangesOutliveThePage(t *testing.T) {
	s := run(t)
	front := newGate(t, s.URL)
	alice := browser.Start(t).Tab(t, browser.Looks[0])
	alice.Forgive("503", "WebSocket", "ERR_")
	comeIn(alice, front.URL()+"/whiteboard/", "alice")
	alice.Until(draws + ` && ` + lies(fresh))
	drag(alice, "r", 600, 600, 700, 680)
	alice.Until(saved)

	front.Silence() // pages are still served, sessions are not
	alice.Until(`document.querySelector(".state").innerText === "Offline"`)
	drag(alice, "d", 200, 600, 400, 640)
	alice.Until(`saving.textContent === "1 change kept here" && ` + lies(fresh+2))
	alice.Until(kept(1))
	alice.Do(chromedp.Reload())
	alice.Until(`document.querySelector(".state").innerText === "Offline" && saving.textContent === "1 change kept here" && ` + lies(fresh+2))
	t.Logf("reload → the board, from what is kept in the browser: %.0f ms", browser.Eval[float64](alice, `performance.getEntriesByName("board")[0].startTime`))
	settle(alice)
	alice.Shoot("whiteboard-server-reloaded")
	front.Mend()
	alice.Until(saved + ` && ` + lies(fresh+2))
	alice.Do(chromedp.Reload())
	alice.Until(draws + ` && ` + lies(fresh+2) + ` && saving.textContent === ""`)
}

// kept is true once so many changes are in the browser's storage; it asks again and again.
func kept(n int) string {
	return fmt.Sprintf(`(() => {
		const open = indexedDB.open("wab whiteboard");
		open.onsuccess = () => {
			const all = open.result.transaction("unsent").objectStore("unsent").getAll();
			all.onsuccess = () => { window.kept = all.result.flat().length; open.result.close(); };
		};
		return window.kept === %d;
	})()`, n)
}

func TestMAP10_AViewerLooksAndIsToldWhy(t *testing.T) {
	s := run(t)
	alice, bob := browser.Start(t).Tab(t, browser.Looks[0]), browser.Start(t).Tab(t, browser.Looks[3])
	comeIn(alice, s.URL+"/whiteboard/", "alice")
	alice.Until(draws)
	comeIn(bob, s.URL+"/whiteboard/?ca=alice/home", "bob")
	bob.Until(`notice.innerText.includes("Ask alice")`)
	bob.Shoot("whiteboard-server-refused")
	invite(alice, "bob", "viewers") // and bob, who waits, is let in
	bob.Until(live + ` && ` + lies(fresh) + ` && strip.innerText.includes("View only. alice decides who may draw")`)
	settle(bob)
	bob.Shoot("whiteboard-server-viewer")
	bob.Check()

	// a page that draws all the same is refused by the server, with the reason
	refusal := browser.Eval[string](bob, `import("/wab/wab.js").then(async ({ connect }) => {
		const ca = await connect({ app: "whiteboard", ca: "alice/home" });
		return ca.Draw([{ id: "mine", element: null }]).then(() => "drawn", e => e.code + " " + e.message);
	})`)
	if !strings.HasPrefix(refusal, "not_allowed ") || !strings.Contains(refusal, "alice") {
		t.Errorf("a viewer's Draw: %q", refusal)
	}

	invite(alice, "bob", "editors")
	bob.Until(draws + ` && strip.innerText === ""`)
	drag(bob, "d", 60, 600, 300, 640)
	alice.Until(lies(fresh + 1))
	invite(alice, "bob", "viewers")
	bob.Until(`strip.innerText.includes("View only") && !desk.hasAttribute("data-editable")`)
}

// soon is how long a revocation may take on a busy machine; what it takes is printed.
const soon = 5 * time.Second

// callAs calls methods of boards over HTTP, as whom it is told.
func callAs(t *testing.T, s *wabproc.Server) func(owner, method, args string) {
	token := map[string]string{}
	return func(owner, method, args string) {
		t.Helper()
		if token[owner] == "" {
			token[owner] = s.Guest(owner)
		}
		if status, body := s.Post("/api/whiteboard/"+method, token[owner], args); status != 200 {
			t.Fatalf("%s: %d %s", method, status, body)
		}
	}
}

func TestMAP10_WhoIsNoFriendAnyMoreIsShutOutAtOnce(t *testing.T) {
	s := run(t)
	call := callAs(t, s)
	call("bob", "bob/home/Befriend", `["carol"]`)
	call("bob", "bob/home/Lend", `["alice"]`)
	call("alice", "alice/home/LinkGroup", `["bob/home/friends"]`)

	carol := browser.Start(t).Tab(t, browser.Looks[0])
	comeIn(carol, s.URL+"/whiteboard/?ca=alice/home", "carol")
	carol.Until(draws + ` && ` + lies(fresh))
	drag(carol, "d", 200, 600, 400, 640)
	carol.Until(saved)
	carol.Eval(`new MutationObserver(() => { if (!notice.hidden) window.shut ??= Date.now(); }).observe(notice, { attributes: true, childList: true, subtree: true })`)
	call("bob", "bob/home/Unfriend", `["carol"]`)
	done := time.Now()
	carol.Until(`window.shut && !desk.hasAttribute("data-editable") && ` + lies(0))
	took := time.UnixMilli(int64(browser.Eval[float64](carol, `window.shut`))).Sub(done)
	t.Logf("the owner's method has returned → the guest's page shows it: %d ms", took.Milliseconds())
	if took > soon {
		t.Errorf("it took %v", took)
	}
	carol.Shoot("whiteboard-server-revoked")
	if status, body := s.Post("/api/whiteboard/alice/home/Draw", s.Guest("carol"), `[[]]`); status != 403 {
		t.Errorf("carol draws: %d %s", status, body)
	}
}

// TestMAP10_AGroupOfOthersChangesARole: no change of the board's own tells the page.
func TestMAP10_AGroupOfOthersChangesARole(t *testing.T) {
	s := run(t)
	call := callAs(t, s)
	call("bob", "bob/home/Befriend", `["carol"]`)
	call("alice", "alice/home/LinkGroup", `["bob/home/friends"]`)
	call("alice", "alice/home/Invite", `["carol", "viewers"]`)
	carol := browser.Start(t).Tab(t, browser.Looks[0])
	comeIn(carol, s.URL+"/whiteboard/?ca=alice/home", "carol")
	carol.Until(`strip.innerText.includes("View only")`) // for bob hasn't lent his friends
	call("bob", "bob/home/Lend", `["alice"]`)
	call("bob", "bob/home/Befriend", `["dave"]`)
	carol.Until(draws + ` && strip.innerText === ""`)
	call("bob", "bob/home/Unfriend", `["carol"]`)
	carol.Until(`!desk.hasAttribute("data-editable") && strip.innerText.includes("View only")`)
	s.Kill()
	carol.Forgive("ERR_", "WebSocket")
	s.Start()
	call("bob", "bob/home/Befriend", `["carol"]`)
	carol.Until(draws + ` && strip.innerText === ""`)
}

// TestWhatDoesNotFitTakesNothingWithIt: a text that is too long is cut where one sees it, and what the server refuses of many changes is refused alone.
func TestWhatDoesNotFitTakesNothingWithIt(t *testing.T) {
	s := run(t)
	front := newGate(t, s.URL)
	alice := browser.Start(t).Tab(t, browser.Looks[0])
	alice.Forgive("503", "WebSocket", "ERR_")
	uitest.Listen(alice)
	comeIn(alice, front.URL()+"/whiteboard/", "alice")
	alice.Until(draws + ` && ` + lies(fresh))
	alice.Do(chromedp.KeyEvent("t"), chromedp.MouseClickXY(300, 700))
	alice.Until(`document.activeElement === typing`)
	alice.Eval(`(typing.value = "a" + "🙂".repeat(2000), typing.dispatchEvent(new Event("input")))`)
	alice.Until(`typing.value.length === 1999 && said("4,000")`)
	alice.Do(chromedp.KeyEvent(kb.Escape))
	alice.Until(saved + ` && ` + lies(fresh+1))

	front.Silence()
	alice.Until(`document.querySelector(".state").innerText === "Offline"`)
	drag(alice, "d", 200, 600, 400, 640)
	alice.Do(chromedp.KeyEvent("v"), chromedp.KeyEvent("a", ctrl()), chromedp.KeyEvent("d", ctrl()))
	alice.Until(lies(2 * (fresh + 2)))
	full := s.Guest("alice") // meanwhile the board fills up, but for a few
	room := 10
	for n := fresh + 1; n < maxElements-room; {
		var changes []string
		for range min(maxChanges, maxElements-room-n) {
			changes = append(changes, fmt.Sprintf(`{"id":"full-%d","element":{"kind":"rect","x":%d,"y":5000,"w":8,"h":8,"z":1,"color":"ink","size":2}}`, n, n*10))
			n++
		}
		if status, body := s.Post("/api/whiteboard/alice/home/Draw", full, "[["+strings.Join(changes, ",")+"]]"); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	front.Mend()
	alice.Until(`saving.textContent === "Not saved" && ` + lies(maxElements) + ` && said("the board is full")`)
}

// TestWhatAPageWeighs prints what comes over the wire before the core, and judges it.
func TestWhatAPageWeighs(t *testing.T) {
	s := run(t)
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(s.URL + "/whiteboard/")
	tab.Until(`document.activeElement.id === "owner"`)
	kB := browser.Eval[float64](tab, `performance.getEntriesByType("resource").filter(e => e.name.endsWith(".js")).reduce((sum, e) => sum + e.encodedBodySize, 0)`) / 1000
	t.Logf("scripts of the first view: %.1f kB", kB)
	if kB == 0 || kB > 50 {
		t.Errorf("the first view has %.1f kB of scripts; its budget is 50", kB)
	}
}
