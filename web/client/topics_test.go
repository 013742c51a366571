package client

import (
	"testing"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

// crier is a CA that publishes what it is told to.
type crier struct{}

// Cry publishes to a forum.
func (*crier) Cry(tx *server.Tx, value any) { tx.Publish(server.Forum("party"), value) }

// criersPage hears a forum, and goes on from where it was when it is loaded again.
const criersPage = `<!doctype html><meta charset="utf-8"><title>topics</title><link rel="icon" href="data:,">
<script type="module">
  import { connect, signIn } from "/wab/wab.js";
  await signIn.guest(new URLSearchParams(location.search).get("owner") ?? "alice");
  window.ca = await connect({ app: "crier", ca: "home" });
  window.heard = [];
  window.party = await ca.topic("forum/party", {
    since: JSON.parse(sessionStorage.getItem("since")) ?? undefined,
    onmessage: ({ value, from, epoch, offset }) => {
      heard.push([value, from]);
      sessionStorage.setItem("since", JSON.stringify({ epoch, offset }));
    },
    ongap: (gap) => heard.push(gap),
  });
  window.ready = true;
</script>`

func serveCriers(t *testing.T) (url string) {
	t.Helper()
	return serve(t, "crier", func() server.CA { return new(crier) }, criersPage)
}

func TestPUB3_TabsHearATopicEachFromItsOwnPlace(t *testing.T) {
	url := serveCriers(t)
	home, away := browser.Start(t), browser.Start(t)
	one, two, bob := open(t, home, url), open(t, home, url), open(t, away, url+"?owner=bob")
	one.Eval(`ca.Cry({ text: "é" })`)
	for _, tab := range []*browser.Tab{one, two, bob} {
		tab.Until(`heard.length === 1 && heard[0][0].text === "é" && heard[0][1] === "crier:alice/home"`)
	}
	two.Eval(`location.href = "about:blank"`)
	two.Until(`location.href === "about:blank"`)
	bob.Eval(`(async () => { for (let n = 2; n <= 30; n++) await ca.Cry(n); })()`)
	one.Until(`heard.length === 30`)
	two.Open(url)
	two.Until(`window.ready && heard.length === 29`)
	one.Eval(`ca.Cry("last")`)
	for _, tab := range []*browser.Tab{one, two, bob} {
		tab.Until(`heard.at(-1)[0] === "last"`)
	}
	for tab, want := range map[*browser.Tab]string{
		one: `heard.length === 31 && heard.slice(1, 30).every(([n], i) => n === i + 2)`,
		two: `heard.length === 30 && heard.slice(0, 29).every(([n], i) => n === i + 2)`,
	} {
		if !browser.Eval[bool](tab, want) {
			t.Errorf("heard %s", browser.Eval[string](tab, `JSON.stringify(heard)`))
		}
	}
}
