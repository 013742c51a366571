package whitepages

import (
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web/ui"
)

// App is the white pages, ready to be served.
var App = server.App{
	Name:    "whitepages",
	Title:   "White pages",
	About:   "Find the people of this server who want to be found.",
	Picture: templ.Raw(picture),
	New:     func() server.CA { return new(Pages) },
	Commons: []string{Local},
	Handler: http.HandlerFunc(serve),
}

// serve answers with the app's one page. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
		return
	}
	ui.Serve(w, r, http.StatusOK, page())
}

//go:embed picture.svg
var picture string
