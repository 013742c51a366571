package whiteboard

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wabgo/wab/server"
)

// api calls methods of boards over HTTP.
type api struct {
	t   *testing.T
	url string
}

func newAPI(t *testing.T) *api {
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true, Logger: slog.New(slog.DiscardHandler)}, App)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &api{t, h.URL}
}

func (a *api) ask(method, path, token, body string) string {
	a.t.Helper()
	r, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return strings.TrimSpace(string(text))
}

func (a *api) guest(owner string) string {
	a.t.Helper()
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(a.ask("POST", "/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil {
		a.t.Fatal(err)
	}
	return got.Token
}

func (a *api) want(token, call, args, contains string) {
	a.t.Helper()
	if got := a.ask("POST", "/api/whiteboard/"+call, token, args); !strings.Contains(got, contains) {
		a.t.Errorf("%s%.200s gives %s, not %s", call, args, got, contains)
	}
}

// elements is what lies on a board.
func (a *api) elements(token, ca string) map[string]Element {
	a.t.Helper()
	var got struct{ Entries map[string]Element }
	if body := a.ask("GET", "/api/whiteboard/"+ca+"/maps/board", token, ""); json.Unmarshal([]byte(body), &got) != nil || got.Entries == nil {
		a.t.Fatalf("the map of %s: %.300s", ca, body)
	}
	return got.Entries
}

// rect is a Draw of one rectangle.
func rect(id string, x float64) string {
	return fmt.Sprintf(`[[{"id":%q,"element":{"kind":"rect","x":%v,"y":0,"w":10,"h":10,"z":1,"color":"red","size":2,"by":"somebody"}}]]`, id, x)
}

func TestANewBoardHasSomethingOnIt(t *testing.T) {
	a := newAPI(t)
	alice := a.guest("alice")
	a.want(alice, "alice/home/Access", "[]", `{"result":{"link":"","role":"owner"}}`)
	all := a.elements(alice, "alice/home")
	if len(all) != len(welcome()) {
		t.Fatalf("%d elements of %d", len(all), len(welcome()))
	}
	for id, e := range all {
		if err := e.check(); err != nil || e.By != "alice" {
			t.Errorf("%s of %q: %v", id, e.By, err)
		}
	}
}

func TestDrawTellsTheVersionThatHoldsIt(t *testing.T) {
	a := newAPI(t)
	alice := a.guest("alice")
	a.want(alice, "alice/home/Draw", rect("r1", 1), `{"result":2}`) // the first version is the welcome
	a.want(alice, "alice/home/Draw", rect("r1", 2), `{"result":3}`)
	if got := a.ask("GET", "/api/whiteboard/alice/home/maps/board", alice, ""); !strings.Contains(got, `"version":3`) {
		t.Error(got)
	}
	a.want(alice, "alice/home/Draw", `[[{"id":"r1","element":null},{"id":"never","element":null}]]`, `{"result":4}`)
	if _, there := a.elements(alice, "alice/home")["r1"]; there {
		t.Error("it was deleted")
	}
}

func TestWhoMadeAnElementStaysTrue(t *testing.T) {
	a := newAPI(t)
	alice, bob := a.guest("alice"), a.guest("bob")
	a.want(alice, "alice/home/Invite", `["bob","editors"]`, `{"result":null}`)
	a.want(bob, "alice/home/Draw", rect("r1", 1), `{"result":`)
	a.want(alice, "alice/home/Draw", rect("r1", 2), `{"result":`)
	if e := a.elements(bob, "alice/home")["r1"]; e.By != "bob" || e.X != 2 {
		t.Errorf("%+v", e)
	}
}

func TestCA1_WhatIsNoElementChangesNothing(t *testing.T) {
	a := newAPI(t)
	alice := a.guest("alice")
	before := a.raw(alice)
	for args, why := range map[string]string{
		`[[{"id":"a","element":{"kind":"cube","color":"red","size":1}}]]`:                                  "no elements of the kind",
		`[[{"id":"a","element":{"kind":"rect","color":"pink","size":1}}]]`:                                 "no colour",
		`[[{"id":"a","element":{"kind":"rect","color":"red","size":0}}]]`:                                  "needs a size",
		`[[{"id":"a","element":{"kind":"rect","color":"red","size":1,"x":1e30}}]]`:                         "too far away",
		`[[{"id":"Not an id","element":null}]]`:                                                            "id is made of",
		`[[{"id":"a","element":{"kind":"text","color":"red","size":1,"text":"` + long(maxText+1) + `"}}]]`: "at most 4000 bytes",
		`[[{"id":"ok","element":{"kind":"rect","color":"red","size":1}},{"id":"","element":null}]]`:        "id is made of",
		`[[` + strings.TrimSuffix(strings.Repeat(`{"id":"a","element":null},`, maxChanges+1), ",") + `]]`:  "at most 500",
	} {
		a.want(alice, "alice/home/Draw", args, why)
	}
	if after := a.raw(alice); after != before {
		t.Errorf("something changed: %s", after)
	}
}

func TestBytesBelongToTheirKinds(t *testing.T) {
	jpeg, webp := []byte("\xff\xd8\xff\xe0"), []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")
	image := func(file []byte) Element { return Element{Kind: "image", Color: "ink", Size: 1, Image: file} }
	for what, c := range map[string]struct {
		e    Element
		flaw string
	}{
		"jpeg":       {image(jpeg), ""},
		"webp":       {image(webp), ""},
		"png":        {image([]byte("\x89PNG\r\n\x1a\n")), ""},
		"svg":        {image([]byte("<svg onload=alert(1)>")), "JPEG, PNG or WebP"},
		"nothing":    {image(nil), "JPEG, PNG or WebP"},
		"large":      {image(append(jpeg, make([]byte, maxImage)...)), "at most 200 kB"},
		"stroke":     {Element{Kind: "draw", Color: "ink", Size: 1, Points: make([]byte, maxPoints)}, ""},
		"too long":   {Element{Kind: "draw", Color: "ink", Size: 1, Points: make([]byte, maxPoints+1)}, "too long"},
		"no stroke":  {Element{Kind: "rect", Color: "ink", Size: 1, Points: []byte{1}}, "neither points"},
		"no picture": {Element{Kind: "note", Color: "ink", Size: 1, Image: jpeg}, "neither points"},
		"no number":  {Element{Kind: "rect", Color: "ink", Size: 1, X: math.NaN()}, "too far away"},
	} {
		err := c.e.check()
		if c.flaw == "" && err != nil || c.flaw != "" && (err == nil || !strings.Contains(err.Error(), c.flaw)) {
			t.Errorf("%s: %v, not %q", what, err, c.flaw)
		}
	}
}

func (a *api) raw(token string) string {
	a.want(token, "alice/home/Access", "[]", "owner")
	return a.ask("GET", "/api/whiteboard/alice/home/maps/board", token, "")
}

func long(n int) string { return strings.Repeat("x", n) }

func TestMAP10_ViewersReadAndEditorsDraw(t *testing.T) {
	a := newAPI(t)
	alice, bob, eve := a.guest("alice"), a.guest("bob"), a.guest("eve")
	const board = "/api/whiteboard/alice/home/maps/board"
	a.want(alice, "alice/home/Access", "[]", "owner")
	a.want(bob, "alice/home/Access", "[]", `"not_allowed"`)
	if got := a.ask("GET", board, bob, ""); !strings.Contains(got, `"not_allowed"`) {
		t.Error(got)
	}
	a.want(alice, "alice/home/Invite", `["bob","viewers"]`, `{"result":null}`)
	a.want(bob, "alice/home/Access", "[]", `"role":"viewer"`)
	a.want(bob, "alice/home/Draw", rect("r1", 1), `"not_allowed"`)
	a.elements(bob, "alice/home")
	a.want(alice, "alice/home/Invite", `["bob","editors"]`, `{"result":null}`)
	a.want(bob, "alice/home/Access", "[]", `"role":"editor"`)
	a.want(bob, "alice/home/Draw", rect("r1", 1), `{"result":`)
	a.want(bob, "alice/home/Invite", `["eve","editors"]`, `"not_allowed"`)
	a.want(alice, "alice/home/Invite", `["bob","kings"]`, `a role is`)
	a.want(alice, "alice/home/Invite", `["Not a name","editors"]`, `that is no name`)
	a.want(alice, "alice/home/Remove", `["bob"]`, `{"result":null}`)
	a.want(bob, "alice/home/Draw", rect("r1", 1), `"not_allowed"`)
	a.want(eve, "alice/home/Access", "[]", `"not_allowed"`)
}

func TestWhoeverHasTheLink(t *testing.T) {
	a := newAPI(t)
	alice, eve := a.guest("alice"), a.guest("eve")
	a.want(alice, "alice/home/Share", `["viewers"]`, `{"result":null}`)
	a.want(eve, "alice/home/Access", "[]", `"role":"viewer"`)
	a.want(eve, "alice/home/Draw", rect("r1", 1), `"not_allowed"`)
	a.want(alice, "alice/home/Share", `["editors"]`, `{"result":null}`)
	a.want(eve, "alice/home/Draw", rect("r1", 1), `{"result":`)
	a.want(alice, "alice/home/Access", "[]", `"link":"editors"`)
	a.want(alice, "alice/home/Share", `[""]`, `{"result":null}`)
	a.want(eve, "alice/home/Access", "[]", `"not_allowed"`)
	a.want(alice, "alice/home/Share", `["kings"]`, `a role is`)
}

func TestFriendsOfAFriendDrawAsLongAsTheyAreFriends(t *testing.T) {
	a := newAPI(t)
	alice, bob, carol := a.guest("alice"), a.guest("bob"), a.guest("carol")
	a.want(bob, "bob/home/Befriend", `["carol"]`, `{"result":null}`)
	a.want(bob, "bob/home/Lend", `["alice"]`, `{"result":null}`)
	a.want(alice, "alice/home/LinkGroup", `["bob"]`, `a group is named`)
	a.want(alice, "alice/home/LinkGroup", `["bob/home/friends"]`, `{"result":null}`)
	a.want(carol, "alice/home/Draw", rect("r1", 1), `{"result":`)
	a.want(bob, "bob/home/Unfriend", `["carol"]`, `{"result":null}`)
	a.want(carol, "alice/home/Draw", rect("r1", 2), `"not_allowed"`)
	a.want(bob, "bob/home/Befriend", `["carol"]`, `{"result":null}`)
	a.want(carol, "alice/home/Draw", rect("r1", 2), `{"result":`)
	a.want(bob, "bob/home/Recall", `["alice"]`, `{"result":null}`)
	a.want(carol, "alice/home/Draw", rect("r1", 3), `"not_allowed"`)
	a.want(bob, "bob/home/Invite", `["carol", "lent"]`, `a role is`)
}
