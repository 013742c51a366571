package counter

import (
	"net/http"

	"github.com/wabgo/wab/web/ui"
)

// serve answers with the app's one page. The server has taken the app's prefix off the path.
func serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
		return
	}
	ui.Serve(w, r, http.StatusOK, page())
}
