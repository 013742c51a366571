package tweetiot

import (
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web/ui"
)

// App is TweetIoT, ready to be served.
var App = server.App{
	Name:     "tweetiot",
	Title:    "TweetIoT",
	About:    "Posts that make lamps and buzzers act together, anywhere.",
	Personal: true,
	Picture:  templ.Raw(picture),
	New:      func() server.CA { return new(Assistant) },
	Handler:  http.HandlerFunc(serve),
}

//go:embed picture.svg
var picture string

// serve answers with the app's pages. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/":
		ui.Serve(w, r, http.StatusOK, page())
	case "/device":
		ui.Serve(w, r, http.StatusOK, device())
	default:
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
	}
}

// examples are posts to try.
var examples = []string{
	"flash #friends",
	"buzz for 600 #friends",
	"flash for 150 then flash after 150 for 150 then buzz #friends at NOW+2000",
}
