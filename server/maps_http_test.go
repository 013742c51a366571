package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/policy"
)

func TestOPS1_MapsOverHTTPTakeNothingElse(t *testing.T) {
	k := newKit(t, keeperApp())
	k.do("alice", "keeper/alice/home/Set", `["set","a",1]`) // named like a method, but for its case
	token := k.token("alice", policy.Scope{})
	for _, c := range []struct {
		method, token, path string
		status              int
	}{
		{"GET", token, "keeper/alice/home/maps/set", 200},
		{"HEAD", token, "keeper/alice/home/maps/set", 200},
		{"OPTIONS", "", "keeper/alice/home/maps/set", 204},
		{"POST", token, "keeper/alice/home/maps/set", 405},
		{"DELETE", token, "keeper/alice/home/maps/set", 405},
		{"GET", "", "keeper/alice/home/maps/set", 401},
		{"GET", "nonsense", "keeper/alice/home/maps/set", 401},
		{"GET", token, "keeper/alice/home/maps/Set", 400},
		{"GET", token, "keeper/alice/home/maps/%00", 400},
		{"GET", token, "keeper/alice/home/maps/a%2Fb", 400},
		{"GET", token, "keeper/alice/home/maps/" + strings.Repeat("x", 200), 400},
		{"GET", token, "nothing/alice/home/maps/set", 404},
		{"GET", token, "keeper/bob/home/maps/set", 404},
	} {
		r := httptest.NewRequest(c.method, "http://localhost/api/"+c.path, nil)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		w := httptest.NewRecorder()
		k.ServeHTTP(w, r)
		if w.Code != c.status || c.method == http.MethodHead && w.Body.Len() > 0 {
			t.Errorf("%s %.60s: %d %s, want %d", c.method, c.path, w.Code, w.Body, c.status)
		}
	}
}
