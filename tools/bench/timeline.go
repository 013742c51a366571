package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/wabgo/wab/internal/call/calltest"
)

const (
	timelineActions = 60
	timelinePause   = 250 // ms between two actions, mostly
	timelineWarmUp  = 20
	timelineSettles = 5 * time.Second // a jitter buffer gets used to a network
	timelineWaits   = 90 * time.Second
	sameCallback    = 8.0 // ms: what fired within half a period of the display did so with that picture
)

// condition is a network, and a receiver that holds pictures back.
type condition struct {
	name    string
	network calltest.Conditions
	buffer  int // ms
}

var conditions = []condition{
	{name: "clean"},
	{name: "delay", network: calltest.Conditions{Delay: 120 * time.Millisecond}},
	{name: "jitter", network: calltest.Conditions{Delay: 120 * time.Millisecond, Jitter: 80 * time.Millisecond, Ordered: true}},
	{name: "loss", network: calltest.Conditions{Loss: 0.02}},
	{name: "buffer", buffer: 400},
}

// benchTimeline measures how far from the first picture of their frame actions fire.
func benchTimeline(ctx context.Context, r *report) error {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	t, err := openTheatre(ctx, dir)
	if err != nil {
		return err
	}
	defer t.close()
	usual, err := t.rehearse()
	if err != nil {
		return err
	}
	for _, c := range conditions {
		seen, err := t.play(c, timelineActions)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		reportTimeline(r, c.name, seen, usual)
	}
	t.leave()
	seen, err := t.playInFirefox(ctx, dir, timelineActions)
	if err != nil {
		return fmt.Errorf("firefox: %w", err)
	}
	if len(seen) == 0 {
		r.note("There is no Firefox here: nothing is told of it.")
	} else {
		reportTimeline(r, "firefox", seen, usual)
	}
	r.note("%d actions, two receivers. Error: from the callback of the first picture that shows the action's mark until it fired. exact: within %.0f ms of it.", timelineActions, sameCallback)
	r.note("naive: the action fires when its message arrives. utc: %.0f ms after it was made by the server's clock, the median of a rehearsal on the clean network.", usual)
	return nil
}

// theatre is a server, a browser with three people in a call of it, and the networks between.
type theatre struct {
	server  *child
	signals *slowWay
	media   *calltest.Proxy
	page    string // its address
	browser *chromium
}

func openTheatre(ctx context.Context, dir string) (t *theatre, err error) {
	t = new(theatre)
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	var at meetingAt
	if t.server, err = spawn(ctx, &at, "meeting", filepath.Join(dir, "data")); err != nil {
		return t, err
	}
	if t.signals, err = openSlowWay(at.Addr); err != nil {
		return t, err
	}
	if t.media, err = calltest.NewProxy(net.UDPAddrFromAddrPort(at.UDP), calltest.Conditions{Seed: 1}); err != nil {
		return t, err
	}
	page := url.URL{Scheme: "http", Host: t.signals.addr(), Path: "/meet/", RawQuery: fmt.Sprintf("port=%d", t.media.Addr().Port)}
	t.page = page.String()
	if t.browser, err = openChromium(ctx, filepath.Join(dir, "profile"), t.page); err != nil {
		return t, err
	}
	_, err = ask[any](t.browser, "bench.join()", timelineWaits)
	return t, err
}

// leave ends the browser, and gives others the clean network.
func (t *theatre) leave() {
	t.browser.stop()
	t.browser = nil
	t.media.SetConditions(calltest.Conditions{Seed: 1})
	t.signals.conditions.Store(&calltest.Conditions{})
}

func (t *theatre) close() {
	if t.browser != nil {
		t.browser.stop()
	}
	if t.media != nil {
		t.media.Close()
	}
	if t.signals != nil {
		t.signals.close()
	}
	if t.server != nil {
		t.server.stop()
	}
}

// performance is an action at a receiver, ms of the page's clock; what is nil was not seen.
type performance struct {
	At                  float64
	Heard, Shown, Fired *float64
	Method              string
}

// play makes actions under a condition.
func (t *theatre) play(c condition, actions int) (all []performance, err error) {
	c.network.Seed = 1
	t.media.SetConditions(c.network)
	t.signals.conditions.Store(&c.network)
	if _, err := ask[any](t.browser, fmt.Sprintf("bench.buffer(%d)", c.buffer), timelineWaits); err != nil {
		return nil, err
	}
	select {
	case <-time.After(timelineSettles):
	case <-t.browser.ctx.Done():
		return nil, t.browser.ctx.Err()
	}
	each, err := ask[[][]performance](t.browser, fmt.Sprintf("bench.measure(%d, %d)", actions, timelinePause), timelineWaits)
	return slices.Concat(each...), err
}

// rehearse is how long after an action its picture is shown on the clean network, in ms: the median.
func (t *theatre) rehearse() (float64, error) {
	seen, err := t.play(condition{}, timelineWarmUp)
	if err != nil {
		return 0, err
	}
	var behind []float64
	for _, p := range seen {
		if p.Shown != nil {
			behind = append(behind, *p.Shown-p.At)
		}
	}
	if len(behind) == 0 {
		return 0, errors.New("no picture shows a mark")
	}
	return median(behind), nil
}

func reportTimeline(r *report, name string, seen []performance, usual float64) {
	var ours, naive, utc []float64
	unread := 0
	for _, p := range seen {
		if p.Shown == nil || p.Heard == nil {
			unread++
			continue
		}
		ours = append(ours, ms(p.Fired, *p.Shown))
		naive = append(naive, math.Abs(*p.Heard-*p.Shown))
		utc = append(utc, math.Abs(max(*p.Heard, p.At+usual)-*p.Shown))
	}
	exact := 0
	for _, e := range ours {
		if e <= sameCallback {
			exact++
		}
	}
	r.say("%-6s %d of %d read, by %v", name, len(ours), len(seen), methodsOf(seen))
	r.add("exact_share_"+name, float64(exact)/float64(max(1, len(ours))), "ratio")
	r.add("p95_ms_"+name, nearest(ours, 0.95), "ms")
	r.add("max_ms_"+name, nearest(ours, 1), "ms")
	r.add("naive_p95_ms_"+name, nearest(naive, 0.95), "ms")
	r.add("utc_p95_ms_"+name, nearest(utc, 0.95), "ms")
	r.add("unread_"+name, float64(unread), "actions")
}

// never is the error of an action that has not fired, in ms.
const never = 10_000

func ms(fired *float64, shown float64) float64 {
	if fired == nil {
		return never
	}
	return math.Abs(*fired - shown)
}

func methodsOf(seen []performance) map[string]int {
	n := map[string]int{}
	for _, p := range seen {
		n[p.Method]++
	}
	return n
}

// nearest is a quantile by the nearest rank; 0 of none.
func nearest(of []float64, q float64) float64 {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}
