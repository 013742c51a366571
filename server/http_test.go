package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/policy"
)

func TestCA1_FailureUndoesEverything(t *testing.T) {
	k := newKit(t, botApp())
	k.want("alice", "bot/alice/home/Add", "[5]", "5")
	k.do("bob", "bot/bob/home/Open", `["alice",["Hear"]]`)
	if a := k.refused("alice", "bot/alice/home/Fail", "[3]", "failed"); a.Status != 422 || a.Error.Message != "as asked" {
		t.Errorf("got %d %+v", a.Status, a.Error)
	}
	if a := k.refused("alice", "bot/alice/home/Panic", "[]", "failed"); strings.Contains(a.Error.Message, "secret") {
		t.Error("a panic's value reached the caller")
	}
	k.want("alice", "bot/alice/home/Get", "[]", "5")
	k.refused("carol", "bot/alice/home/Get", "[]", "not_allowed")
	k.clock.Advance(time.Second)
	k.rest()
	k.want("alice", "bot/alice/home/Log", "[]", `["init"]`)
	k.want("bob", "bot/bob/home/Log", "[]", `["init"]`)
}

func TestCA3_StateSurvivesRestart(t *testing.T) {
	k := newKit(t, botApp())
	k.want("alice", "bot/alice/home/Add", "[5]", "5")
	k.do("alice", "bot/alice/home/Keep", `["a",null,"2030-01-02T03:04:05.678Z"]`)
	k.do("alice", "bot/alice/home/Keep", `["b",null,"2030-01-02T03:04:05Z"]`)
	k.do("alice", "bot/alice/home/Forget", `["b"]`)
	k.restart()
	k.want("alice", "bot/alice/home/Get", "[]", "5")
	k.want("alice", "bot/alice/home/Kept", `["b"]`, "null")
	k.want("alice", "bot/alice/home/Whens", "[]", `["2030-01-02T03:04:05.678Z","2030-01-02T03:04:05Z"]`)
	k.want("alice", "bot/alice/home/Hidden", "[]", "1")
}

func TestCA4_OnlyItsOwnerCreatesACA(t *testing.T) {
	k := newKit(t, botApp())
	if a := k.refused("bob", "bot/alice/home/Get", "[]", "not_found"); a.Status != 404 {
		t.Errorf("status %d", a.Status)
	}
	k.do("bob", "bot/bob/home/Tell", `["alice/home","hello"]`)
	k.refused("bob", "bot/alice/home/Get", "[]", "not_found")
	k.want("alice", "bot/alice/home/Get", "[]", "0")
	k.do("alice", "bot/alice/home/Tell", `["alice/other","hello"]`) // a CA of the same owner counts as the owner
	k.eventually("alice", "bot/alice/other/Log", "[]", `["init","alice/home: hello"]`)
}

func TestBUS1_SendersCantBeForged(t *testing.T) {
	k := newKit(t, botApp())
	k.do("bob", "bot/bob/home/Open", `["alice",[]]`)
	k.want("alice", "bot/bob/home/Who", "[]", `"bot:alice to bob/home"`)
	k.want("bob", "bot/bob/home/Who", "[]", `"bot:bob to bob/home"`)
	for _, m := range []string{"Init", "Resume", "OnFailed", "Told", "OnRing", "Pulse", "Upgrade", "init", "New", "", "Add;", "%2e%2e"} {
		a := k.do("alice", "bot/bob/home/"+m, "[]")
		if a.Status == 200 {
			t.Errorf("%q was run", m)
		}
	}
}

func TestBadInput(t *testing.T) {
	k := newKit(t, botApp())
	k.want("alice", "bot/alice/home/Get", "[]", "0")
	for _, c := range []struct {
		path, args, code string
		status           int
	}{
		{"bot/alice/home/Add", `[1`, "bad_request", 400},
		{"bot/alice/home/Add", `{"n":1}`, "bad_request", 400},
		{"bot/alice/home/Add", `[]`, "bad_request", 400},
		{"bot/alice/home/Add", `[1,2]`, "bad_request", 400},
		{"bot/alice/home/Add", `["1"]`, "bad_request", 400},
		{"bot/alice/home/Add", `[1.5]`, "bad_request", 400},
		{"bot/alice/home/Add", `[1e99]`, "bad_request", 400},
		{"bot/alice/home/Add", `[9223372036854775808]`, "bad_request", 400},
		{"bot/alice/home/Nope", `[]`, "bad_request", 400},
		{"nope/alice/home/Get", `[]`, "not_found", 404},
		{"bot/Alice/home/Get", `[]`, "bad_request", 400},
		{"bot/alice/home/Hear", `["` + strings.Repeat("x", 8<<20) + `"]`, "too_large", 413},
		{"bot/alice/home/AskWrong", `[]`, "failed", 422},
		{"bot/alice/home/Tell", `["not a name","x"]`, "failed", 422},
		{"bot/alice/home/Open", `["bob",["Nope"]]`, "failed", 422},
		{"bot/alice/home/Open", `["bob",["Told"]]`, "failed", 422},
	} {
		a := k.do("alice", c.path, c.args)
		if a.Error.Code != c.code || a.Status != c.status {
			t.Errorf("%s %.40s: got %d %+v, want %d %s", c.path, c.args, a.Status, a.Error, c.status, c.code)
		}
		if len(a.Error.Message) < 10 {
			t.Errorf("%s: a message for people, please: %q", c.path, a.Error.Message)
		}
	}
	k.want("alice", "bot/alice/home/Get", "[]", "0")
}

func TestBadTokens(t *testing.T) {
	k := newKit(t, botApp())
	other := newKit(t, botApp())
	expired := k.token("alice", policy.Scope{})
	for what, token := range map[string]string{
		"none": "", "garbage": "abc", "foreign": other.token("alice", policy.Scope{}), "tampered": k.token("alice", policy.Scope{}) + "x",
	} {
		if a := k.as(token, "bot/alice/home/Get", "[]"); a.Status != 401 || a.Error.Code != "unauthenticated" {
			t.Errorf("%s: %d %+v", what, a.Status, a.Error)
		}
	}
	k.clock.Advance(2 * time.Hour)
	if a := k.as(expired, "bot/alice/home/Get", "[]"); a.Error.Code != "unauthenticated" {
		t.Errorf("expired: %+v", a.Error)
	}
}

func TestBUS6_NarrowedTokensOpenNothingElse(t *testing.T) {
	k := newKit(t, botApp(), App{Name: "other", New: func() CA { return new(bot) }})
	narrow := k.token("alice", policy.Scope{App: "bot", CA: "alice/home", Methods: []string{"Get"}})
	if a := k.as(narrow, "bot/alice/home/Get", "[]"); string(a.Result) != "0" {
		t.Fatalf("%+v", a.Error)
	}
	for _, path := range []string{"bot/alice/home/Add", "bot/alice/work/Get", "other/alice/home/Get"} {
		if a := k.as(narrow, path, "[]"); a.Error.Code != "not_allowed" || a.Status != 403 {
			t.Errorf("%s: %d %+v", path, a.Status, a.Error)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	k := newKit(t, botApp())
	const path = "bot/alice/home/Add"
	first := k.do("alice", path, "[1]", "Idempotency-Key", "k1")
	k.restart()
	again := k.do("alice", path, "[1]", "Idempotency-Key", "k1")
	if string(first.Result) != "1" || string(again.Result) != "1" {
		t.Errorf("got %s, then %s", first.Result, again.Result)
	}
	if a := k.do("alice", path, "[2]", "Idempotency-Key", "k1"); a.Error.Code != "conflict" || a.Status != 409 {
		t.Errorf("another request: %d %+v", a.Status, a.Error)
	}
	k.want("alice", "bot/alice/home/Get", "[]", "1")
	if a := k.do("alice", path, "[1]", "Idempotency-Key", strings.Repeat("k", 129)); a.Error.Code != "bad_request" {
		t.Errorf("a long key: %+v", a.Error)
	}
}

func TestPages(t *testing.T) {
	k := newKit(t, botApp())
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/": {200, "bot"}, "/healthz": {200, "ok"}, "/readyz": {200, "ready"}, "/metrics": {200, "wab_active_cas"},
		"/bot/": {404, "There is nothing here"}, "/nowhere": {404, "There is nothing here"},
	} {
		w := httptest.NewRecorder()
		k.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+path, nil))
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.text) {
			t.Errorf("%s: %d, want %d with %q", path, w.Code, want.status, want.text)
		}
	}
}
