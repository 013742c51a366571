package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

type tally struct{ N int }

func (c *tally) Add(tx *server.Tx, n int) int { c.N += n; return c.N }

// host lends a sandboxed frame its own way to the server. The frame has an opaque origin: no workers, no storage, and no leave to ask the server itself.
const host = `<!doctype html><link rel="icon" href="data:,"><body><script type="module">
	import { serveFrame, signIn } from "/wab/wab.js";
	await signIn.guest("alice");
	const token = localStorage.getItem("wab token " + location.origin + " alice");
	const narrow = await fetch("/account/token", { method: "POST", headers: { Authorization: "Bearer " + token }, body: JSON.stringify({ ca: "alice/home" }) });
	const frame = document.createElement("iframe");
	frame.sandbox = "allow-scripts";
	const lent = serveFrame(frame, (await narrow.json()).token);
	addEventListener("message", ({ data }) => { if (data.said) document.body.append(data.said + ";"); });
	frame.srcdoc = ` + "`" + `<script type="module">
		import { connect, parentPort } from "${location.origin}/wab/wab.js";
		const port = await parentPort();
		const open = (ca) => connect({ port, app: "tally", ca });
		const home = await open("home");
		const say = (said) => parent.postMessage({ said }, "*");
		say("counted " + await home.Add(1));
		await open("other").catch((e) => say("other " + e.code));
		home.on("state", ({ state }) => state === "refused" && say("ended"));
	<\/script>` + "`" + `;
	document.body.append(frame);
	window.takeBack = () => lent.close();
</script>`

func TestASandboxedFrameActsWithWhatItWasLent(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, host)
	})
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true}, server.App{Name: "tally", New: func() server.CA { return new(tally) }, Handler: page})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	t.Cleanup(func() { s.Drain(context.Background()) })
	tab := browser.Start(t).Tab(t, browser.Looks[0])
	tab.Open(at.URL + "/tally/")
	tab.Until(`document.body.innerText.includes("counted 1;other not_allowed;")`)
	tab.Eval("takeBack()")
	tab.Until(`document.body.innerText.includes("ended;")`)
}
