package hellowab

import (
	"cmp"
	_ "embed"
	"net/http"

	"github.com/a-h/templ"

	"github.com/wabgo/wab/server"
	"github.com/wabgo/wab/web"
	"github.com/wabgo/wab/web/ui"
)

// App is HelloWAB, ready to be served.
var App = server.App{
	Name:    "hellowab",
	Title:   "Hello WAB",
	About:   line,
	Picture: templ.Raw(picture),
	New:     func() server.CA { return new(Meeting) },
	Handler: http.HandlerFunc(serve),
}

const line = "Meet over any app of this server, and switch each other’s lamps."

//go:embed picture.svg
var picture string

// serve answers with the app's one page. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
		return
	}
	ui.Serve(permitting{w}, r, http.StatusOK, page())
}

// permitting adds what this page needs to the policy that is set for it: frames of this server's apps, which are sandboxed.
type permitting struct{ http.ResponseWriter }

func (w permitting) WriteHeader(status int) {
	h := w.Header()
	const name = "Content-Security-Policy"
	h.Set(name, h.Get(name)+"; frame-src 'self'")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), bluetooth=(self)")
	w.ResponseWriter.WriteHeader(status)
}

// icons are paths of 24 × 24, drawn with a pen.
var icons = map[string]string{
	"invite":     "M10 13.5a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.7-5.7l-1.3 1.3M14 10.5a4 4 0 0 0-5.7-.3l-3 3a4 4 0 0 0 5.7 5.7l1.3-1.3",
	"background": "M4 5.5h16v10H4zM8 19.5h8M12 15.5v4",
	"people":     "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11ZM2.8 19.4a6.2 6.2 0 0 1 12.4 0M15.8 4.9a3.2 3.2 0 0 1 0 5.9M17.6 14a6.2 6.2 0 0 1 3.6 5.4",
	"devices":    "M9.2 18.5h5.6M10 21.2h4M12 2.8a6 6 0 0 0-3.7 10.7c.6.5.9 1.2.9 2v.3h5.6v-.3c0-.8.3-1.5.9-2A6 6 0 0 0 12 2.8Z",
	"close":      "m6 6 12 12M18 6 6 18",
}

// callModule is where <wab-call> is.
func callModule() string {
	path, _ := web.Asset("call.js")
	return cmp.Or(path, web.Prefix+"call.js")
}
