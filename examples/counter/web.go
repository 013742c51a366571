package counter

import (
	"net/http"

	"github.com/wabgo/wab/web/ui"
)

// handler serves the app's one page.
func handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" && r.URL.Path != "/counter/" {
			ui.WriteFault(w, r, ui.FaultProps{Status: http.StatusNotFound})
			return
		}
		ui.Serve(w, r, http.StatusOK, page())
	})
}
