package client

import (
	"io"
	"net/http"
	"testing"

	lifecycle "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

// lounge is a CA with a room for everybody.
type lounge struct{}

// Init opens the room.
func (*lounge) Init(tx *server.Tx) error {
	room := tx.Call("room")
	if err := room.AdmitTo(server.Anyone()); err != nil {
		return err
	}
	return room.Open()
}

// Hello makes it be there.
func (*lounge) Hello(*server.Tx) {}

// loungePage is in the room as long as it is there, and has a frame that may be lent a way there.
const loungePage = `<!doctype html><meta charset="utf-8"><title>calls</title><link rel="icon" href="data:,"><body>
<script type="module">
  import { connect, narrow, serveFrame, signIn } from "/wab/wab.js";
  const say = (said) => parent.postMessage({ said }, "*");
  const name = new URLSearchParams(location.search).get("owner") ?? "alice";
  if (origin === "null") { // in the frame
    const ca = await connect({ app: "lounge", ca: "alice/home" });
    ca.enter("room", { hello: { name: "frame" }, onopened: () => say("opened"), onstate: (state, reason) => reason && say(state + " " + reason.code) });
    await new Promise(() => {});
  }
  await signIn.guest(name);
  if (name === "alice") await (await connect({ app: "lounge", ca: "home" })).Hello();
  window.ca = await connect({ app: "lounge", ca: "alice/home" });
  window.acts = [];
  window.states = [];
  window.enter = (hello) => {
    const line = ca.enter("room", {
      hello: { name: hello },
      onstate: (state, reason) => states.push(reason ? state + " " + reason.code : state),
      onopened: ({ member, resumed, payload }) => Object.assign(line, { people: payload.people, begun: member === payload.me && !resumed }),
      onsignal: (s) => s.t === "people" ? (line.people = s.people) : s.t === "act" && acts.push(s.action),
    });
    return line;
  };
  window.line = enter(name);
  window.sees = (...names) => JSON.stringify(line.people?.map((p) => p.name).sort()) === JSON.stringify(names);
  window.act = (action) => line.send({ t: "act", action, at: Date.now() * 1000 });

  window.heardAll = () => new Promise((done) => {
    const look = () => acts.join() === "1,2,3,4,5" && line.state === "live" ? done() : setTimeout(look, 20);
    look();
  });

  window.said = "";
  addEventListener("message", ({ data }) => data.said && (said = data.said));
  window.lend = async (...methods) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts";
    window.lent = serveFrame(frame, await narrow({ ca: "alice/home", methods }));
    frame.src = location.pathname;
    document.body.append(frame);
  };
  window.ready = true;
</script>`

// serveLounge serves the page without the policy for contents that apps have, so that it may hold a frame.
func serveLounge(t *testing.T) (url string) {
	t.Helper()
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, loungePage)
	})
	return serveApp(t, server.App{Name: "lounge", New: func() server.CA { return new(lounge) }, Handler: page})
}

func TestCALL1_EachTabIsAMemberAsLongAsItIsThere(t *testing.T) {
	url := serveLounge(t)
	home, away := browser.Start(t), browser.Start(t)
	one, bob := open(t, home, url), open(t, away, url+"?owner=bob")
	one.Until(`sees("alice", "bob") && line.begun`)
	two := open(t, home, url)
	two.Eval(`window.more = enter("twice"); more.hello("again")`)
	bob.Until(`sees("alice", "alice", "bob", "twice")`)
	two.Eval(`more.close()`)
	bob.Until(`sees("alice", "alice", "bob")`)
	one.Until(`act(1)`)
	bob.Until(`acts.join() === "1" && act(2)`)
	for _, tab := range []*browser.Tab{one, two, bob} {
		tab.Until(`acts.join() === "1,2"`)
	}
	two.Do(chromedp.Reload())
	bob.Until(`line.people.length === 3 && new Set(line.people.map((p) => p.member)).size === 3`)
	two.Until(`window.ready && sees("alice", "alice", "bob")`)
	two.Eval(`location.href = "about:blank"`)
	bob.Until(`sees("alice", "bob")`)
	two.Eval(`history.back()`)
	bob.Until(`sees("alice", "alice", "bob")`)
	home.EndSharedWorkers(t)
	one.Until(`line.state === "ended" && states.at(-1) === "ended internal" && !line.send(1)`)
}

// TestCALL1_AFrozenTabHearsLaterWhatWasSaid: nothing is lost, for its worker goes on.
func TestCALL1_AFrozenTabHearsLaterWhatWasSaid(t *testing.T) {
	url := serveLounge(t)
	chromium := browser.Start(t)
	frozen, other := open(t, chromium, url), open(t, chromium, url+"?owner=bob")
	other.Until(`sees("alice", "bob")`)
	setLife(t, frozen, lifecycle.SetWebLifecycleStateStateFrozen)
	other.Eval(`(async () => { for (let n = 1; n <= 5; n++) act(n); })()`)
	other.Until(`acts.join() === "1,2,3,4,5"`)
	setLife(t, frozen, lifecycle.SetWebLifecycleStateStateActive)
	frozen.Eval(`heardAll()`) // hidden as it is, it has no frames to wait by
	other.Until(`sees("alice", "bob")`)
}

func setLife(t *testing.T, tab *browser.Tab, state lifecycle.SetWebLifecycleStateState) {
	t.Helper()
	if _, err := chromedp.Call(tab, lifecycle.SetWebLifecycleState, lifecycle.SetWebLifecycleStateParams{State: state}); err != nil {
		t.Fatal(err)
	}
}

func TestCALL1_AFrameEntersOnlyWhereItsTokenDoes(t *testing.T) {
	url := serveLounge(t)
	tab := open(t, browser.Start(t), url)
	tab.Until(`sees("alice")`)
	tab.Eval(`lend("Hello")`)
	tab.Until(`said === "ended not_allowed"`)
	tab.Eval(`lend("Hello", "room")`)
	tab.Until(`said === "opened" && sees("alice", "frame")`)
	tab.Eval(`lent.close()`)
	tab.Until(`sees("alice") && said === "ended unavailable"`)
}
