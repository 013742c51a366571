package client

import (
	"strconv"
	"testing"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

// desk is a CA with two maps.
type desk struct{}

// Put sets entries of the map board.
func (*desk) Put(tx *server.Tx, entries map[string]any) error {
	for key, value := range entries {
		if err := tx.Map("board").Set(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Drop deletes an entry of the map board.
func (*desk) Drop(tx *server.Tx, key string) error {
	_, err := tx.Map("board").Delete(key)
	return err
}

// Both sets n in both maps.
func (*desk) Both(tx *server.Tx, n int) error {
	if err := tx.Map("board").Set("n", n); err != nil {
		return err
	}
	return tx.Map("list").Set("n", n)
}

// Define gives the map board a method.
func (*desk) Define(tx *server.Tx, method, source string) error {
	return tx.Map("board").Def(method, source)
}

// page makes the client's functions available to the test.
const page = `<!doctype html><meta charset="utf-8"><title>maps</title><link rel="icon" href="data:,">
<script type="module">
  import { connect, signIn, signOut } from "/wab/wab.js";
  Object.assign(window, { signOut });
  const owner = new URLSearchParams(location.search).get("owner") ?? "alice";
  await signIn.guest(owner);
  window.ca = await connect({ app: "desk", ca: "alice/home", wait: false });
  window.board = await ca.map("board");
  window.first = [board.state, Object.fromEntries(board)];
  window.ready = true;
</script>`

func serveDesk(t *testing.T) (url string) {
	t.Helper()
	return serve(t, "desk", func() server.CA { return new(desk) }, page)
}

func TestMAP2_MapsAreSharedByTabsAndChangeTogether(t *testing.T) {
	url := serveDesk(t)
	chromium := browser.Start(t)
	one, two := open(t, chromium, url), open(t, chromium, url)
	one.Eval(`ca.Both(0)`)
	one.Until(`board.get("n") === 0`)
	for _, tab := range []*browser.Tab{one, two} {
		tab.Eval(`window.seen = []; ca.map("list").then((list) => {
			board.on("change", () => seen.push([board.get("n"), list.get("n")]));
			window.listed = true;
		})`)
		tab.Until(`window.listed && board.get("n") === 0`)
	}
	one.Eval(`ca.Put({ a: 1, b: { text: "é" } })`)
	two.Until(`board.get("b")?.text === "é" && board.size === 3`)
	one.Eval(`ca.Drop("a")`)
	two.Until(`!board.has("a")`)
	one.Eval(`seen.length = 0; (async () => { for (let n = 1; n <= 50; n++) await ca.Both(n); })()`)
	for _, tab := range []*browser.Tab{one, two} {
		tab.Until(`seen.at(-1)?.[0] === 50`)
		if !browser.Eval[bool](tab, `seen.every(([a, b]) => a === b)`) {
			t.Errorf("a listener saw half a transaction: %s", browser.Eval[string](tab, `JSON.stringify(seen)`))
		}
	}
}

func TestMAP6_AMapIsShownFromTheCacheBeforeTheServerAnswers(t *testing.T) {
	url := serveDesk(t)
	chromium := browser.Start(t)
	tab := open(t, chromium, url)
	tab.Eval(`ca.Put(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => ["key " + i, "value " + i])))`)
	tab.Until(`board.size === 3000`)
	kept := `(async () => {
		const [{ name }] = await indexedDB.databases();
		const db = await new Promise((r) => { const q = indexedDB.open(name); q.onsuccess = () => r(q.result); });
		const head = await new Promise((r) => { const q = db.transaction("heads").objectStore("heads").getAll(); q.onsuccess = () => r(q.result[0]); });
		db.close();
		return head?.version === board.version;
	})()`
	tab.Eval(`window.kept = false; (async () => { while (!window.kept) window.kept = await ` + kept + `; })()`)
	tab.Until(`window.kept`)
	tab.Eval(`delete window.ready; location.reload()`)
	tab.Until(`window.ready`)
	chromium.EndSharedWorkers(t)
	tab.Eval(`delete window.ready; location.reload()`)
	tab.Until(`window.ready && first[0] === "stale" && Object.keys(first[1]).length === 3000 && board.state === "live"`)

	tab.Eval(`signOut()`)
	tab.Until(`board.state === "ended" && board.size === 0`)
	tab.Eval(`window.left = -1; (async () => { while (window.left !== 0) window.left = (await indexedDB.databases()).length; })()`)
	tab.Until(`window.left === 0`)
}

func TestMAP11_TabsSeeWhatOthersShowOfThemselves(t *testing.T) {
	url := serveDesk(t)
	home, away := browser.Start(t), browser.Start(t)
	one, two, three := open(t, home, url), open(t, home, url), open(t, away, url)
	one.Eval(`board.presence.set({ cursor: [1, 2] })`)
	for _, tab := range []*browser.Tab{two, three} {
		tab.Until(`board.presence.others().length === 1 && board.presence.others()[0].value.cursor[1] === 2`)
	}
	three.Eval(`board.presence.set("here")`)
	two.Until(`board.presence.others().some((p) => p.value === "here" && p.owner === "alice")`)
	one.Until(`board.presence.others().length === 1`)
	two.Eval(`board.presence.set("two")`)
	shown := func(tab *browser.Tab, want string) {
		t.Helper()
		tab.Until(`board.presence.others().map((p) => JSON.stringify(p.value)).sort().join(" ") === ` + strconv.Quote(want))
	}
	shown(one, `"here" "two"`)
	shown(two, `"here" {"cursor":[1,2]}`)
	shown(three, `"two" {"cursor":[1,2]}`)
	two.Open("about:blank")
	shown(one, `"here"`)
	shown(three, `{"cursor":[1,2]}`)
	two.Open(url)
	two.Until(`window.ready`)
	shown(two, `"here" {"cursor":[1,2]}`)
	three.Eval(`board.presence.clear()`)
	one.Until(`board.presence.others().length === 0`)
	one.Open("about:blank")
	two.Until(`board.presence.others().length === 0`)
	three.Until(`board.presence.others().length === 0`)
}

func TestMAP7_MethodsRunInThePage(t *testing.T) {
	url := serveDesk(t)
	tab := open(t, browser.Start(t), url)
	// The server compiles its interpreter for the first definition, which may take longer than a message has.
	tab.Eval(`(async () => {
		await ca.Put({ a: 20 });
		while (!(await ca.Define("double", "def double(m, key):\n    return 2 * m[key]\n").then(() => true, (e) => e.code !== "deadline")));
		while (window.twice === undefined) window.twice = await board.call("double", "a").catch((e) => { if (e.code !== "not_found") throw e; });
	})()`)
	tab.Until(`window.twice === 40`)
	tab.Eval(`board.call("double", "zz").catch((e) => (window.code = e.code))`)
	tab.Until(`window.code === "failed"`)
}
