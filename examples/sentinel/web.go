package sentinel

import (
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web/ui"
)

// App is the sentinel, ready to be served. Its posts are for the app tweetiot.
var App = server.App{
	Name:     "sentinel",
	Title:    "Sentinel",
	About:    "Watches what several people share, and posts by itself when it gets loud.",
	Personal: true,
	Picture:  templ.Raw(picture),
	New:      func() server.CA { return new(Sentinel) },
	Handler:  http.HandlerFunc(serve),
}

//go:embed picture.svg
var picture string

// serve answers with the app's one page. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
		return
	}
	ui.Serve(w, r, http.StatusOK, page())
}
