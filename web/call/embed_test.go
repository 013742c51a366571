package call

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/wabgo/wab/internal/browser"
)

// TestCALL4_APageOfAnotherOriginHasACallByOneScriptTag has two people meet on somebody else's page: workers come from blobs there.
func TestCALL4_APageOfAnotherOriginHasACallByOneScriptTag(t *testing.T) {
	var tag func(owner string) string
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, tag(r.URL.Query().Get("owner")))
	}))
	t.Cleanup(page.Close)
	s := serveBuilt(t, "--allow-origin", page.URL)
	tokens := map[string]string{"alice": s.Guest("alice"), "bob": s.Guest("bob")}
	tag = func(owner string) string {
		return fmt.Sprintf(`<!DOCTYPE html><html lang="en"><title>Somebody else’s</title><link rel="icon" href="data:,"><main><h1>A page of somebody else’s</h1></main>
			<script type="module" src="%s/wab/call.js"></script>
			<wab-call server="%[1]s" ca="hellowab:alice/standup" token="%[2]s" name="%[3]s"></wab-call>
			<script>window.el = document.querySelector("wab-call")</script></html>`, s.URL, tokens[owner], owner)
	}
	for _, call := range []string{"Open []", `Admit ["bob"]`} {
		var method, args string
		fmt.Sscan(call, &method, &args)
		if status, body := s.Post("/api/hellowab/alice/standup/"+method, tokens["alice"], args); status != http.StatusOK {
			t.Fatalf("%s: %d %s", method, status, body)
		}
	}
	var tabs []*browser.Tab
	for _, name := range []string{"alice", "bob"} {
		tab := browser.Start(t, fakes...).Tab(t, browser.Looks[0])
		tab.Open(page.URL + "/?owner=" + name)
		tab.Until(live)
		tabs = append(tabs, tab)
	}
	for _, tab := range tabs {
		tab.Until(seen + `("first")`)
		tab.Check()
	}
}
