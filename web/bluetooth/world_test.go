package bluetooth

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
)

// house is a CA whose devices are shared.
type house struct{ Heard []string }

// Outcomes is what became of bundles, in order.
func (h *house) Outcomes(*server.Tx) []string { return append([]string{}, h.Heard...) }

// Blink has a device switch on in half a second, and off and to another colour after that.
func (h *house) Blink(tx *server.Tx, device string) error {
	b := server.NewBundle().Do("on", true).After(200*time.Millisecond).Do("on", false).After(200*time.Millisecond).Do("colour", "#0000ff")
	return tx.Device(device).RunAt(tx.Now().Add(500*time.Millisecond), b.Recover("on", false).Tolerance(10*time.Second)) // the machine may be busy
}

func (h *house) OnOutcome(_ *server.Tx, o server.Outcome) error {
	h.Heard = append(h.Heard, o.Device+" "+o.Result+" "+o.Command+" "+o.Err)
	return nil
}

// page is a person's: ?owner=bob is bob's, with their own CA home and alice's.
const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>House</title><link rel="icon" href="data:,">
<script type="module">
  import { connect, signIn } from "/wab/wab.js";
  import * as bluetooth from "/wab/bluetooth.js";
  const owner = new URLSearchParams(location.search).get("owner") ?? "alice";
  Object.assign(window, { connect, bluetooth, owner });
  await signIn.guest(owner);
  window.home = await connect({ app: "house", ca: "home", owner });
  window.ready = true;
</script>
<body><main><h1>House</h1><button id="go">Go</button></main></body></html>`

// panelPage is one script tag and the element, for ?owner=bob with ?devices=alice/home/lamp.
const panelPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Devices</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="/wab/ui-main.css">
<script type="module" src="/wab/bluetooth.js"></script>
<body><main class="page"><h1>House</h1></main><script>
  const panel = document.createElement("wab-devices"), query = new URLSearchParams(location.search);
  panel.setAttribute("app", "house");
  panel.setAttribute("guest", query.get("owner") ?? "alice");
  for (const name of ["devices", "with", "may", "add"]) if (query.has(name)) panel.setAttribute(name, query.get(name));
  document.querySelector("main").append(panel);
  const find = (selector) => panel.shadowRoot?.querySelector(selector);
  const named = (label) => [...(panel.shadowRoot?.querySelectorAll("button, summary, input") ?? [])].find((b) => (b.ariaLabel || b.textContent) === label);
  const reachable = (label) => {
    const b = named(label);
    b?.scrollIntoView({ block: "nearest" });
    const r = b?.getBoundingClientRect(), at = r && panel.shadowRoot.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
    return !!at && b.contains(at);
  };
  const text = () => panel.shadowRoot?.querySelector("section").innerText ?? "";
</script></body></html>`

// serve serves the app, and tells where its page is; the panel's page is beside it, panel.html.
func serve(t *testing.T) (url string) {
	t.Helper()
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	files := fs.FS(fstest.MapFS{"index.html": {Data: []byte(page)}, "panel.html": {Data: []byte(panelPage)}})
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true}, server.App{Name: "house", New: func() server.CA { return new(house) }, Web: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	host := httptest.NewServer(s)
	t.Cleanup(host.Close)
	t.Cleanup(func() { s.Drain(context.Background()) })
	return host.URL + "/house/"
}

// open opens the page of an owner in a tab, and waits until it is ready.
func open(t *testing.T, chromium *browser.Browser, url, owner string) *browser.Tab {
	t.Helper()
	tab := chromium.Tab(t, browser.Looks[0])
	tab.Open(url + "?owner=" + owner)
	tab.Until(`window.ready`)
	return tab
}
