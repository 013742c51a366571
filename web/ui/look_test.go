package ui_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/internal/browser"
	"github.com/wabgo/wab/web/ui"
	"github.com/wabgo/wab/web/ui/uitest"
)

// somePages are what the tests look at, by path.
func somePages() map[string]templ.Component {
	apps := []ui.AppCard{
		{Name: "counter", Title: "Counter", Line: "One number that many people change, and who changed it."},
		{Name: "whiteboard", Title: "Whiteboard", Line: "Draw together, even while one of you is offline."},
		{Name: "tweetiot", Title: "TweetIoT", Line: "A tweet turns on lamps and motors, all at the same instant."},
		{Name: "hellowab", Title: "Hello WAB", Line: "A call whose video floats over the app."},
		{Name: "x", Line: "An app without a title or a picture of its own, whose line is so long that it needs at least two lines on every screen there is."},
	}
	return map[string]templ.Component{
		"launcher": ui.Launcher(apps),
		"empty":    ui.Launcher(nil),
		"missing":  ui.Fault(ui.FaultProps{Status: 404, Path: "/nowhere"}),
		"broken":   ui.Fault(ui.FaultProps{Status: 500, Path: "/counter/", Again: true}),
		"parts":    gallery(),
	}
}

func serve(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	for name, page := range somePages() {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) { ui.Serve(w, r, http.StatusOK, page) })
	}
	return uitest.Serve(t, mux, "")
}

func TestPagesLookRight(t *testing.T) {
	server := serve(t)
	chromium := browser.Start(t)
	for name := range somePages() {
		for _, look := range browser.Looks {
			t.Run(name+"/"+look.Name, func(t *testing.T) {
				tab := chromium.Tab(t, look)
				tab.Open(server.URL + "/" + name)
				tab.Shoot(name)
				tab.Check()
			})
		}
	}
}
