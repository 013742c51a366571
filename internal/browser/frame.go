package browser

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Frame is a frame of this tab in an opaque origin, or of another site, by a part of its address, once it is there. Such a frame has a process of its own in the browser, and
// a console of its own, whose complaints fail the test like the tab's. It serves Until, Eval, Text, Do and Complaints; pictures and checks are the tab's.
func (tab *Tab) Frame(address string) *Tab {
	tab.t.Helper()
	ctx, stop := chromedp.NewContext(tab, chromedp.WithTargetID(tab.frameTarget(address)))
	ctx, cancel := context.WithCancel(ctx)
	frame := &Tab{Context: ctx, t: tab.t, look: tab.look, heard: make(chan struct{})}
	frame.Close = func() { cancel(); stop(); <-frame.heard }
	frame.listen()
	tab.t.Cleanup(func() { frame.Close(); frame.judge() })
	frame.slow()
	return frame
}

// frameTarget asks until the frame is there.
func (tab *Tab) frameTarget(address string) target.ID {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	page := chromedp.FromContext(tab).Target.TargetID
	for {
		infos, err := chromedp.Targets(ctx)
		if err != nil {
			body, _ := chromedp.Run(tab, chromedp.Evaluate[string]("document.body.innerText"))
			tab.t.Fatalf("%s: no frame of %s: %v\nthe browser says: %v\nthe page shows: %s", tab.look.Name, address, err, tab.Complaints(), body)
		}
		for _, info := range infos {
			if info.Type == "iframe" && info.ParentID == page && strings.Contains(info.URL, address) {
				return info.TargetID
			}
		}
	}
}
