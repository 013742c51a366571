package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wabgo/wab/internal/policy"
)

func TestWaysToCallsAreForWholeTokensOnly(t *testing.T) {
	k := newKit(t, botApp())
	ask := func(token string) (int, ways) {
		r := httptest.NewRequest("GET", "http://localhost/api/calls", nil)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		k.ServeHTTP(w, r)
		var found ways
		_ = json.Unmarshal(w.Body.Bytes(), &found)
		return w.Code, found
	}
	for token, want := range map[string]int{
		"": http.StatusUnauthorized, "nonsense": http.StatusUnauthorized,
		k.token("alice", policy.Scope{App: "bot"}): http.StatusForbidden, k.token("alice", policy.Scope{Methods: []string{"Say"}}): http.StatusForbidden,
	} {
		if code, found := ask(token); code != want || len(found.Relays) > 0 || len(found.Peers) > 0 {
			t.Errorf("%d, %+v", code, found)
		}
	}
	code, found := ask(k.token("alice", policy.Scope{}))
	if code != 200 || !found.Calls || !found.Own || len(found.UDP) != 1 || len(found.TCP) != 1 || len(found.Relays) != 1 || len(found.Peers) != 1 || found.Relays[0].Credential == "" {
		t.Errorf("%d, %+v", code, found)
	}
	if _, other := ask(k.token("alice", policy.Scope{})); other.Relays[0].Username == found.Relays[0].Username {
		t.Error("the same credentials twice")
	}
}
