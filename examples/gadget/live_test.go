package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/internal/wabproc"
	"github.com/wabgo/wab/web"
)

// party is a server, and owners who have a buzzer each.
type party struct {
	t       *testing.T
	s       *wabproc.Server
	tokens  map[string]string // of the owners
	gadgets map[string]*process
	page    *browser.Tab // alice's
	posts   int
}

// call calls a method of an owner's assistant.
func (p *party) call(owner, method, args string) string {
	p.t.Helper()
	if p.tokens[owner] == "" {
		p.tokens[owner] = p.s.Guest(owner)
	}
	status, body := p.s.Post("/api/tweetiot/"+owner+"/home/"+method, p.tokens[owner], args)
	if status != 200 {
		p.t.Fatalf("%s's %s%s: %d %s", owner, method, args, status, body)
	}
	return body
}

func (p *party) deviceToken(owner string) string {
	p.t.Helper()
	var got struct{ Result string }
	if err := json.Unmarshal([]byte(p.call(owner, "DeviceToken", `["buzzer"]`)), &got); err != nil || got.Result == "" {
		p.t.Fatal(err)
	}
	return got.Result
}

// join has an owner's buzzer follow the tag, and starts it.
func (p *party) join(owner, token string) *process {
	p.t.Helper()
	p.call(owner, "Subscribe", `["friends","buzzer"]`)
	g := start(p.t, p.s.URL, token, "buzzer")
	g.errs.says(p.t, "this is the device buzzer of tweetiot:"+owner+"/home", 1)
	p.gadgets[owner] = g
	return g
}

// write writes a post in alice's page.
func (p *party) write(text string) {
	p.t.Helper()
	p.page.Until(`document.querySelector(".state").innerText === "Live"`)
	p.page.Eval(fmt.Sprintf(`(document.querySelector("#text").value = %q, document.querySelector("#text").dispatchEvent(new Event("input")))`, text))
	p.page.Until(`!document.querySelector("#post").disabled`)
	p.page.Do(chromedp.Click("#post"))
}

func (p *party) tweet(owner string) func(string) {
	return func(text string) { p.call(owner, "Tweet", `["`+text+`"]`) }
}

// together posts a text, with a number in place of %02d so that each is another, and waits until all gadgets have acted, each at the same instant that was due. A machine that is busy may wake a gadget too
// late, which then drops the post and switches off: then it is posted again. It tells which text it was.
func (p *party) together(what, text string, post func(string), inTime func(due time.Time) bool) (said string) {
	p.t.Helper()
	for range 5 {
		p.posts++
		said = fmt.Sprintf(text, p.posts)
		post(said)
		acts := map[string][]line{}
		for owner, g := range p.gadgets {
			acts[owner] = g.next()
		}
		if due, ok := p.judge(what, acts); ok && (inTime == nil || inTime(due)) {
			return said
		}
	}
	p.t.Fatalf("%s: the machine is too busy for anything", what)
	return ""
}

// judge tells when all have acted; ok is false if one was late.
func (p *party) judge(what string, acts map[string][]line) (due time.Time, ok bool) {
	p.t.Helper()
	var first, last time.Time
	for owner, a := range acts {
		if len(a) != 2 || !a[0].on() || a[1].on() {
			p.t.Logf("%s: %s was late: %+v", what, owner, a)
			return due, false
		}
		on, off := a[0], a[1]
		switch {
		case on.Command != "pin" || on.BoundMS <= 0 || on.Ran.Before(on.Due) || off.Ran.Before(off.Due):
			p.t.Errorf("%s: %s acted like this: %+v", what, owner, a)
		case !due.IsZero() && !on.Due.Equal(due):
			p.t.Fatalf("%s: %s was due at %v, another one at %v", what, owner, on.Due, due)
		case !off.Due.Equal(on.Due.Add(300 * time.Millisecond)):
			p.t.Errorf("%s: %s goes on at %v, and off at %v", what, owner, on.Due, off.Due)
		}
		due = on.Due
		if first.IsZero() || on.Ran.Before(first) {
			first = on.Ran
		}
		if on.Ran.After(last) {
			last = on.Ran
		}
	}
	p.t.Logf("%s: %d gadgets acted %.3f to %.3f ms after the instant, %.3f ms apart", what, len(acts), ms(first.Sub(due)), ms(last.Sub(due)), ms(last.Sub(first)))
	return due, true
}

func startParty(t *testing.T) *party {
	if web.BuildID() == "none" {
		t.Fatal("The web assets are not built: make build.")
	}
	buildGadget(t)
	p := &party{t: t, s: wabproc.Start(t, "--dev"), tokens: map[string]string{}, gadgets: map[string]*process{}}
	p.page = browser.Start(t).Tab(t, browser.Looks[0])
	p.page.Open(p.s.URL + "/tweetiot/")
	p.page.Until(`document.activeElement.id === "owner"`)
	p.page.Do(chromedp.SetValue("#owner", "alice"), chromedp.SendKeys("#owner", kb.Enter))
	p.page.Until(`document.querySelector(".state").innerText === "Live" && buzzer.dataset.place === "here"`) // it is the buzzer, until a gadget takes over
	return p
}

// acted waits until the page shows that all three have told that a post moved them.
func (p *party) acted(post string) {
	p.t.Helper()
	p.page.Until(fmt.Sprintf(`[...posts.children].some(p => p.querySelector(".text").textContent === %q && p.innerText.includes("3 devices acted within"))`, post))
}

// TestDEV2_APostInTheBrowserMovesThreeOwnersGadgets has real gadgets, a real server and a real page: who may moves them at one instant, who may not moves none, and a server that is
// killed before the instant changes nothing.
func TestDEV2_APostInTheBrowserMovesThreeOwnersGadgets(t *testing.T) {
	p := startParty(t)
	p.call("carol", "UpdateACL", `[{"add":["alice","dave"]},{}]`)
	p.call("alice", "UpdateACL", `[{"add":["bob","carol"]},{"add":["carol/home/acl"]}]`)
	p.call("bob", "UpdateACL", `[{},{"add":["carol/home/acl"]}]`) // whom carol trusts bob trusts, too
	tokens := map[string]string{}
	for _, owner := range []string{"alice", "bob", "carol"} {
		tokens[owner] = p.deviceToken(owner)
		p.join(owner, tokens[owner])
	}
	p.acted(p.together("alice in her page", "buzz for 300 #friends at NOW+30%02d", p.write, nil))
	p.together("a delegated friend", "buzz for 300 #friends NOW+20%02d", p.tweet("dave"), nil)

	p.tweet("eve")("buzz for 100 #friends NOW+100") // a stranger: its 100 ms are seen nowhere
	p.call("carol", "UpdateACL", `[{"remove":["dave"]},{}]`)
	p.tweet("dave")("buzz for 100 #friends NOW+100")
	p.acted(p.together("alice after a stranger, and dave no more", "buzz for 300 #friends NOW+20%02d", p.write, nil)) // a gadget that takes over before the other has told would act again
	if got := p.call("bob", "Received", "[]"); strings.Contains(got, "eve") || strings.Contains(got, "for 100") {
		t.Errorf("bob received %s", got)
	}

	p.anotherTakesOver("bob", tokens["bob"])
	p.anOldTokenIsRefused("carol", tokens["carol"])
	p.outlivesTheServer()
	for owner, g := range p.gadgets {
		if g.term(); len(lines(t, g.out.String())) != g.seen {
			t.Errorf("%s's gadget did more than that: %s", owner, g.out)
		}
	}
}

// anotherTakesOver starts a second gadget of the same name.
func (p *party) anotherTakesOver(owner, token string) {
	p.t.Helper()
	first := p.gadgets[owner]
	p.join(owner, token)
	if code := first.ended(); code != 4 || !strings.Contains(first.errs.String(), "gadget: Another gadget called buzzer has taken over.") {
		p.t.Errorf("taken over, the first ends with %d\n%s", code, first.errs)
	}
}

// anOldTokenIsRefused registers a gadget again, after which the old one ends, and none comes back as what it was.
func (p *party) anOldTokenIsRefused(owner, old string) {
	p.t.Helper()
	first := p.gadgets[owner]
	token := p.deviceToken(owner)
	if code := first.ended(); code != 3 || !strings.Contains(first.errs.String(), "Get a new token") {
		p.t.Errorf("registered again, the old one ends with %d\n%s", code, first.errs)
	}
	again := start(p.t, p.s.URL, old, "buzzer")
	if code := again.ended(); code != 3 || !strings.Contains(again.errs.String(), "is refused; get a new one") || again.out.String() != "" {
		p.t.Errorf("with an old token it ends with %d\n%s%s", code, again.out, again.errs)
	}
	p.join(owner, token)
}

// outlivesTheServer kills the server between a post and its instant. The gadgets act all the same, and what became of it is known when the server is back.
func (p *party) outlivesTheServer() {
	p.t.Helper()
	var killed time.Time
	post := func(text string) {
		if !killed.IsZero() {
			p.s.Start() // for another try
		}
		told := map[string]int{}
		for owner, g := range p.gadgets {
			told[owner] = strings.Count(g.errs.String(), "bundles received")
		}
		p.write(text)
		for owner, g := range p.gadgets {
			g.errs.says(p.t, "bundles received", told[owner]+1)
		}
		p.s.Kill()
		killed = time.Now()
	}
	said := p.together("without a server", "buzz for 300 #friends at NOW+40%02d", post, func(due time.Time) bool { return killed.Before(due) })
	for _, g := range p.gadgets {
		g.errs.says(p.t, "offline: no answer from the server", 1) // which may have gone just before the instant
	}
	p.s.Start()
	p.acted(said)
}
