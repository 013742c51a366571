package browser

import (
	"os"
	"strconv"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// slow has the page run as many times slower as WAB_SLOW says: its main thread sleeps in between.
func (tab *Tab) slow() {
	tab.t.Helper()
	said := os.Getenv("WAB_SLOW")
	if said == "" {
		return
	}
	rate, err := strconv.ParseFloat(said, 64)
	if err != nil || rate < 1 {
		tab.t.Fatalf("WAB_SLOW=%s is not how many times slower pages shall run, 1 or more", said)
	}
	if _, err := chromedp.Call(tab, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: rate}); err != nil {
		tab.t.Fatalf("%s: WAB_SLOW=%s: %v", tab.look.Name, said, err)
	}
}
