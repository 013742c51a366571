package origin

import (
	"net/http/httptest"
	"testing"
)

func TestWhoMayComeAndRead(t *testing.T) {
	for _, c := range []struct {
		list          List
		from          string
		admits, reads bool
	}{
		{nil, "", true, false},
		{nil, "http://wab.example", true, false},
		{nil, "https://WAB.example", true, false},
		{nil, "http://wab.example:81", false, false},
		{nil, "http://wab.example.evil.example", false, false},
		{nil, "https://other.example", false, false},
		{nil, "null", false, false},
		{nil, "://", false, false},
		{List{"https://other.example"}, "https://other.example", true, true},
		{List{"https://other.example"}, "https://OTHER.example", true, true},
		{List{"https://other.example"}, "http://other.example", false, false},
		{List{"https://other.example"}, "https://other.example.evil.example", false, false},
		{List{"https://other.example"}, "", true, false},
		{List{"*"}, "https://any.example", true, true},
		{List{"*"}, "null", true, true},
		{List{"*"}, "", true, false},
	} {
		r := httptest.NewRequest("POST", "http://wab.example/", nil)
		if c.from != "" {
			r.Header.Set("Origin", c.from)
		}
		w := httptest.NewRecorder()
		if admits, reads := c.list.Admits(r), c.list.Allow(w.Header(), r); admits != c.admits || reads != c.reads {
			t.Errorf("%v, from %q: admitted %v, reads %v", c.list, c.from, admits, reads)
		}
		if got := w.Header().Get("Access-Control-Allow-Origin"); (got == c.from && got != "") != c.reads {
			t.Errorf("%v, from %q: it may be read by %q", c.list, c.from, got)
		}
	}
}

func TestPreflightAnswersOnlyWhomAllowLetIn(t *testing.T) {
	for _, from := range []string{"https://other.example", "https://evil.example"} {
		r := httptest.NewRequest("OPTIONS", "http://wab.example/", nil)
		r.Header.Set("Origin", from)
		w := httptest.NewRecorder()
		allowed := List{"https://other.example"}.Allow(w.Header(), r)
		Preflight(w, "Authorization")
		if got := w.Header().Get("Access-Control-Allow-Headers") == "Authorization"; w.Code != 204 || got != allowed {
			t.Errorf("%s: %d, may send Authorization: %v", from, w.Code, got)
		}
	}
}
