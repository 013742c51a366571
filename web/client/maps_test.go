package client

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"strconv"
	"testing"
	"testing/fstest"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
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

func serveDesk(t *testing.T) *httptest.Server {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	files := fs.FS(fstest.MapFS{"index.html": {Data: []byte(page)}})
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true}, server.App{Name: "desk", New: func() server.CA { return new(desk) }, Web: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	host := httptest.NewServer(s)
	t.Cleanup(host.Close)
	t.Cleanup(func() { s.Drain(context.Background()) })
	return host
}

func open(t *testing.T, chromium *browser.Browser, url string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(url + "/desk/")
	tab.Until(`window.ready`)
	return tab
}

func TestMAP2_MapsAreSharedByTabsAndChangeTogether(t *testing.T) {
	host := serveDesk(t)
	chromium := browser.Start(t)
	one, two := open(t, chromium, host.URL), open(t, chromium, host.URL)
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
	host := serveDesk(t)
	chromium := browser.Start(t)
	tab := open(t, chromium, host.URL)
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
	host := serveDesk(t)
	home, away := browser.Start(t), browser.Start(t)
	one, two, three := open(t, home, host.URL), open(t, home, host.URL), open(t, away, host.URL)
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
	two.Open(host.URL + "/desk/")
	two.Until(`window.ready`)
	shown(two, `"here" {"cursor":[1,2]}`)
	three.Eval(`board.presence.clear()`)
	one.Until(`board.presence.others().length === 0`)
	one.Open("about:blank")
	two.Until(`board.presence.others().length === 0`)
	three.Until(`board.presence.others().length === 0`)
}

func TestMAP7_MethodsRunInThePage(t *testing.T) {
	host := serveDesk(t)
	tab := open(t, browser.Start(t), host.URL)
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
