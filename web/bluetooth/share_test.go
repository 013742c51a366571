package bluetooth

import (
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// shareLamp has alice share an emulated lamp with bob.
func shareLamp(t *testing.T, chromium *browser.Browser, url, options string) (*browser.Tab, *peripheral) {
	t.Helper()
	alice := open(t, chromium, url, "alice")
	lamp := emulateLamp(t, alice)
	choose(alice)
	alice.Eval(`bluetooth.share(home, { name: "lamp", device: chosen, ` + options + ` }).then((s) => (window.lamp = s))`)
	return alice, lamp
}

// visit has somebody open alice's CA, for bob's and carol's commands.
func visit(t *testing.T, chromium *browser.Browser, url, owner string) *browser.Tab {
	t.Helper()
	tab := open(t, chromium, url, owner)
	tab.Eval(`(window.tried = async (command, ...args) => {
		try {
			const ca = (window.theirs ??= await connect({ app: "house", ca: "alice/home", owner }));
			await ca.call("DeviceDo", ["lamp", command, args]);
			return "did";
		} catch (e) {
			return e.code;
		}
	}) && (window.see = (name) => connect({ app: "house", ca: "home", owner }).then((ca) => ca.map("alice/home/lamp-" + name)).then((m) => ((window[name] = m), "seen"), (e) => e.code))`)
	return tab
}

func said(t *testing.T, tab *browser.Tab, expression, want string) {
	t.Helper()
	if got := browser.Eval[string](tab, expression); got != want {
		t.Errorf("%s is %q, not %q", expression, got, want)
	}
}

func TestDEV5_AnotherWritesToARealLampAsFarAsPolicyLets(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice, lamp := shareLamp(t, chromium, url, `with: ["bob"]`)
	bob, carol := visit(t, chromium, url, "bob"), visit(t, chromium, url, "carol")
	said(t, bob, `tried("on", true)`, "did")
	lamp.until(lampOn, 1)
	said(t, bob, `tried("colour", "#102030")`, "did")
	lamp.until(lampColour, 0x10, 0x20, 0x30)
	said(t, bob, `tried("write", "`+lampService+`", "`+lampOn+`", "00")`, "did")
	lamp.until(lampOn, 0)
	said(t, bob, `see("reported")`, "seen")
	bob.Until(`reported.get("state")?.on === false && reported.get("state").colour === "#102030" && reported.get("reach") === "here"`)
	bob.Until(`reported.get("info").name === "Desk lamp" && reported.get("info").profile === "lamp" && reported.get("value/` + lampService + `/` + lampOn + `").text === "off"`)
	bob.Until(`reported.presence.others().some(({ owner, value }) => owner === "alice" && value.device === "lamp" && value.reach === "here")`)
	said(t, carol, `tried("on", true)`, "not_allowed")
	said(t, carol, `see("reported")`, "not_allowed")

	alice.Eval(`lamp.shareWith(["bob"], ["read"])`)
	said(t, bob, `tried("on", true)`, "not_allowed")
	said(t, bob, `tried("write", "`+lampService+`", "`+lampOn+`", "01")`, "not_allowed")
	said(t, bob, `tried("read", "`+lampService+`", "`+lampOn+`")`, "did")
	alice.Eval(`lamp.revoke()`)
	said(t, bob, `tried("read", "`+lampService+`", "`+lampOn+`")`, "not_allowed")
	bob.Until(`reported.state === "ended"`)
	if got := lamp.writes(); len(got) != 3 || !slices.Contains(got, lampOn+" 01") {
		t.Errorf("written %q", got)
	}
}

func TestDEV5_ALampOutOfReachFailsInWordsAndComesBack(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	_, lamp := shareLamp(t, chromium, url, `with: ["bob"]`)
	bob := visit(t, chromium, url, "bob")
	said(t, bob, `see("reported")`, "seen")
	said(t, bob, `see("log")`, "seen")
	lamp.leave()
	bob.Until(`reported.get("reach") === "lost"`)
	said(t, bob, `tried("on", true)`, "did")
	bob.Until(`[...log.values()].some((l) => l.by === "house:bob" && l.command === "on" && l.outcome === "failed" && l.error.startsWith("Desk lamp is out of reach."))`)
	lamp.come()
	bob.Until(`reported.get("reach") === "here"`)
	said(t, bob, `tried("on", true)`, "did")
	lamp.until(lampOn, 1)
	if got := lamp.writes(); len(got) != 1 {
		t.Errorf("written %q: what failed is not made up for", got)
	}
}

func TestDEV5_SharingEndsWithTheTab(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice, _ := shareLamp(t, chromium, url, `with: ["bob"]`)
	bob := visit(t, chromium, url, "bob")
	said(t, bob, `see("reported")`, "seen")
	bob.Until(`reported.presence.others().some(({ owner, value }) => owner === "alice" && value.device === "lamp")`)
	alice.Close()
	bob.Until(`reported.state === "ended" || !reported.presence.others().length`)
	other := open(t, chromium, url, "alice") // what a tab that is loaded again shares with nobody is shared with nobody
	other.Eval(`bluetooth.share(home, { name: "lamp", driver: bluetooth.virtualLamp() }).then((s) => (window.lamp = s))`)
	said(t, bob, `tried("on", true)`, "not_allowed")
	said(t, bob, `see("reported")`, "not_allowed")
}

func TestDEV5_CloseLeavesNothing(t *testing.T) {
	chromium, url := browser.Start(t), serve(t)
	alice, bob := open(t, chromium, url, "alice"), visit(t, chromium, url, "bob")
	alice.Eval(`bluetooth.share(home, { name: "lamp", driver: bluetooth.virtualLamp(), with: ["bob"] }).then((s) => (window.lamp = s))`)
	said(t, bob, `tried("on", true)`, "did")
	alice.Until(`lamp.state.on === true`)
	alice.Eval(`home.map("lamp-reported").then((m) => (window.reported = m))`)
	alice.Until(`reported.get("state")?.on === true`)
	alice.Eval(`lamp.close()`)
	alice.Until(`reported.size === 0`)
	alice.Until(`lamp.ended.then((why) => why === undefined)`)
	said(t, bob, `tried("on", true)`, "not_allowed")
}

// The page's timeline stands for a call's: it tells when the moment's frame is shown.
func TestDEV4_ALampActsWithTheMomentsFrame(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice, lamp := shareLamp(t, chromium, url, `with: ["bob"], timeline: { when(moment, deadline, callback) { window.waits = { moment, callback }; return () => {}; } }`)
	bob := visit(t, chromium, url, "bob")
	said(t, bob, `see("log")`, "seen")
	bob.Eval(`theirs = connect({ app: "house", ca: "alice/home", owner }).then(async (ca) => { window.theirs = ca; await ca.clock.synchronised;
		window.id = await ca.call("DeviceDo", ["lamp", "on", [true], { room: "house:alice/home/room", member: "member-of-bob", action: 7, at: Math.round(ca.clock.now() * 1000) }]); })`)
	alice.Until(`window.waits?.moment.action === 7`)
	if got := lamp.writes(); len(got) != 0 {
		t.Errorf("written %q before the frame was shown", got)
	}
	alice.Eval(`waits.callback({ method: "frame", error_ms: 4 })`)
	lamp.until(lampOn, 1)
	bob.Until(`log.get(window.id)?.outcome === "done" && log.get(window.id).method === "frame" && log.get(window.id).by === "house:bob"`)
}

func TestDEV2_ATimedBundleDrivesARealLamp(t *testing.T) {
	chromium, url := browser.Start(t, bluetooth), serve(t)
	alice, lamp := shareLamp(t, chromium, url, ``)
	alice.Eval(`home.Blink("lamp")`)
	lamp.until(lampColour, 0, 0, 0xff)
	if got, want := lamp.writes(), []string{lampOn + " 01", lampOn + " 00", lampColour + " 0000ff"}; !slices.Equal(got, want) {
		t.Errorf("written %q, not %q", got, want)
	}
	alice.Until(`home.Outcomes().then((all) => all.join() === "lamp done colour ")`)
}
