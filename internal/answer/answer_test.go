package answer

import (
	"net/http/httptest"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestErrorsOverHTTP(t *testing.T) {
	for _, c := range []struct {
		err   *wire.Error
		code  int
		retry string
		auth  string
	}{
		{wire.Err(wire.BadRequest, "No."), 400, "", ""},
		{wire.Err(wire.Unauthenticated, "No."), 401, "", "Bearer"},
		{wire.Err(wire.Failed, "No."), 422, "", ""},
		{wire.Err(wire.Quota, "No."), 429, "1", ""},
		{wire.Retry(wire.Overloaded, "No.", 1001), 429, "2", ""},
		{wire.Retry(wire.Unavailable, "No.", 1), 503, "1", ""},
		{wire.Err(wire.SessionExpired, "No."), 409, "", ""},
		{wire.Err("unheard_of", "No."), 500, "", ""},
	} {
		w := httptest.NewRecorder()
		Error(w, c.err)
		h := w.Header()
		if w.Code != c.code || h.Get("Retry-After") != c.retry || h.Get("WWW-Authenticate") != c.auth || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", c.err.Code, w.Code, h)
		}
		if want := `{"error":{"code":"` + string(c.err.Code) + `","message":"No."}}`; w.Body.String() != want {
			t.Errorf("%s: %s", c.err.Code, w.Body)
		}
	}
}
