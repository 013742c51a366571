package personalcloud

import (
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web/ui"
)

// App is the personal cloud, ready to be served.
var App = server.App{
	Name:     "personalcloud",
	Title:    "Personal cloud",
	About:    line,
	Personal: true,
	Picture:  templ.Raw(picture),
	New:      func() server.CA { return new(Cloud) },
	Handler:  http.HandlerFunc(serve),
}

const line = "Your card, your people and what they may send you, whatever server they are on."

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

// colours are those of people's pictures: white letters are readable on each. The page's style sheet has the same.
var colours = []string{"blue", "violet", "pink", "red", "amber", "green", "teal", "slate"}

// icons are paths of 24 × 24, drawn with a pen.
var icons = map[string]string{
	"people":   "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11ZM2.8 19.4a6.2 6.2 0 0 1 12.4 0M15.8 4.9a3.2 3.2 0 0 1 0 5.9M17.6 14a6.2 6.2 0 0 1 3.6 5.4",
	"requests": "M6 17V11a6 6 0 0 1 12 0v6l1.6 2H4.4ZM10 21.2h4",
	"channels": "M10 13.5a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3M14 10.5a4 4 0 0 0-5.7-.3l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3",
	"activity": "M3 12h4l3-8 4 16 3-8h4",
	"back":     "M19 12H5M11 6l-6 6 6 6",
	"code":     "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2",
	"send":     "M4 12 20 4l-5 16-4-6Z",
}
