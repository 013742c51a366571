package client

import (
	"fmt"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/server"
)

// lights is a CA with devices, which keeps what became of their bundles.
type lights struct{ Outcomes []server.Outcome }

func (*lights) Token(tx *server.Tx, device string) (string, error) {
	return tx.Device(device).Token(time.Hour)
}

func (*lights) Want(tx *server.Tx, device, color string) error {
	return tx.Device(device).Desired().Set("color", color)
}

// Blink has a device blink n times, so many ms ahead and apart.
func (*lights) Blink(tx *server.Tx, device string, n int, ms int64) error {
	b := server.NewBundle().Recover("pin", false).Tolerance(10 * time.Second) // the machine may be busy
	for range n {
		b.After(time.Duration(ms)*time.Millisecond).Do("pin", true).After(time.Duration(ms)*time.Millisecond).Do("pin", false)
	}
	return tx.Device(device).RunAt(tx.Now().Add(time.Duration(ms)*time.Millisecond), b)
}

const tolerance = 5 * time.Second // the machine may be busy

// Wave has a device put its pin on for a minute, and be late by the tolerance at most.
func (*lights) Wave(tx *server.Tx, device string) error {
	b := server.NewBundle().Do("pin", true).After(time.Minute).Do("pin", false).Recover("pin", false).Tolerance(tolerance)
	return tx.Device(device).RunAt(tx.Now().Add(200*time.Millisecond), b)
}

// Fail has a device run what it can't.
func (*lights) Fail(tx *server.Tx, device string) error {
	return tx.Device(device).Run(server.NewBundle().Do("fail").Recover("pin", false), time.Minute)
}

func (l *lights) OnOutcome(tx *server.Tx, o server.Outcome) error {
	l.Outcomes = append(l.Outcomes, o)
	tx.Notify("*", len(l.Outcomes))
	return nil
}

func (l *lights) Results(*server.Tx) (out []string, err error) {
	for _, o := range l.Outcomes {
		out = append(out, o.Result+" "+o.Command+" "+o.Err)
	}
	return out, nil
}

// devicePage opens alice's CA; become makes the tab a device, with a token of its own unless one is given.
const devicePage = `<!doctype html><meta charset="utf-8"><title>lights</title><link rel="icon" href="data:,">
<script type="module">
  import { connect, signIn } from "/wab/wab.js";
  await signIn.guest("alice");
  window.owner = await connect({ app: "lights", ca: "alice/home" });
  window.runs = [];
  window.results = async () => JSON.stringify(await owner.Results());
  window.become = async (given) => {
    window.token = given ?? await owner.Token("lamp");
    const ca = await connect({ app: "lights", ca: "alice/home", token: window.token });
    window.lamp = await ca.device("lamp", {
      onError: () => {},
      commands: {
        pin(on) {
          runs.push([on, this.ran - this.due, this.bound]);
          lamp.report("on", on);
        },
        fail() { throw new Error("the lamp is broken"); },
      },
    });
    lamp.ended.then((why) => (window.why = why?.code ?? "closed"));
    window.become.done = true;
  };
  window.ready = true;
</script>`

func serveLights(t *testing.T) (url string) {
	t.Helper()
	return serve(t, "lights", func() server.CA { return new(lights) }, devicePage)
}

func TestDEV2_ATabIsADevice(t *testing.T) {
	chromium := browser.Start(t)
	tab := open(t, chromium, serveLights(t))
	tab.Eval(`become()`)
	tab.Until(`become.done`)
	tab.Eval(`owner.Want("lamp", "red")`)
	tab.Until(`lamp.desired.get("color") === "red"`)
	tab.Eval(`owner.Blink("lamp", 10, 50)`)
	tab.Until(`runs.length === 20`)
	if !browser.Eval[bool](tab, `runs.every(([on, late, bound], i) => on === (i % 2 === 0) && late >= 0 && bound > 0)`) {
		t.Error("not in order, or too early")
	}
	t.Log("late by, in ms, and bounds:", browser.Eval[string](tab, `JSON.stringify(runs.map(([, late, bound]) => [late.toFixed(2), bound.toFixed(2)]))`))
	tab.Until(`results().then((r) => r === '["done pin "]')`)
	tab.Eval(`owner.Fail("lamp")`)
	tab.Until(`results().then((r) => r === '["done pin ","failed fail the lamp is broken"]')`)
	tab.Until(`runs.length === 21`)
	tab.Eval(`owner.map("lamp-reported").then((m) => (window.reported = m))`)
	tab.Until(`window.reported?.get("on") === false`)
	tab.Eval(`owner.map("lamp-bundles").then((m) => (window.bundles = m))`)
	tab.Until(`window.bundles?.size === 0`)
	tab.Eval(`lamp.close()`)
	tab.Until(`window.why === "closed"`)
}

func TestAnotherTabOfTheSameDeviceTakesOver(t *testing.T) {
	chromium := browser.Start(t)
	url := serveLights(t)
	one, two := open(t, chromium, url), open(t, chromium, url)
	one.Eval(`become()`)
	one.Until(`become.done`)
	two.Eval(`become(` + "`" + browser.Eval[string](one, `token`) + "`" + `)`)
	two.Until(`become.done`)
	one.Until(`window.why === "conflict"`)
	two.Eval(`owner.Blink("lamp", 1, 10)`)
	two.Until(`runs.length === 2`)
	one.Eval(`owner.Token("lamp")`) // a new one ends the old one
	two.Until(`window.why === "unauthenticated"`)
}

// TestDEV2_ATabThatIsLoadedAgainInMidBundleDropsTheRestAndRecovers is about the page in the middle of what it runs.
func TestDEV2_ATabThatIsLoadedAgainInMidBundleDropsTheRestAndRecovers(t *testing.T) {
	chromium := browser.Start(t)
	url := serveLights(t)
	tab := open(t, chromium, url)
	tab.Eval(`become()`)
	tab.Until(`become.done`)
	token := browser.Eval[string](tab, `token`)
	tab.Eval(`owner.Wave("lamp")`)
	tab.Until(`runs.length === 1`)
	if !browser.Eval[bool](tab, `runs[0][0]`) {
		t.Fatal("it was late from the first")
	}
	tab.Open(url)
	tab.Until(fmt.Sprintf(`window.ready && performance.now() > %d`, tolerance.Milliseconds()))
	tab.Eval(`become(` + "`" + token + "`" + `)`)
	tab.Until(`results().then((r) => r === '["late pin The bundle came too late."]')`)
	tab.Until(`runs.length === 1`)
	if !browser.Eval[bool](tab, `runs[0][0] === false`) {
		t.Error("it did not recover")
	}
}
