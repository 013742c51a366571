package server

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// hostess shows a card when it is told to.
type hostess struct{}

func hostessApp() App { return App{Name: "hostess", New: func() CA { return new(hostess) }} }

func (*hostess) Show(tx *Tx, name string) error { return tx.PublishCard(Card{Name: name}) }
func (*hostess) Hide(tx *Tx)                    { tx.HideCard() }
func (*hostess) Close(tx *Tx) bool              { return tx.RemoveChannel("doorbell") }
func (*hostess) End(tx *Tx)                     { tx.Destroy() }
func (*hostess) Bell(tx *Tx) (string, error) {
	c, err := tx.Doorbell()
	return c.URL, err
}

// wellKnown asks as any stranger can.
func (k *kit) wellKnown(path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	k.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/.well-known/"+path, nil))
	return w
}

func (k *kit) finger(who string) (status int, said string) {
	w := k.wellKnown("webfinger?resource=" + url.QueryEscape("acct:"+who+"@wab.example"))
	return w.Code, w.Body.String()
}

// A card is found from its commit on until it is hidden, across restarts, and by nobody afterwards.
func TestCHAN6_CardsAreFoundWhileTheyAreShown(t *testing.T) {
	k := newKit(t, hostessApp())
	k.url = "https://wab.example"
	k.restart()
	_, unknown := k.finger("nobody")
	hidden := func(when string) {
		t.Helper()
		if status, said := k.finger("alice"); status != 404 || said != unknown {
			t.Errorf("%s: %d %s", when, status, said)
		}
	}
	shown := func(when string) {
		t.Helper()
		bell := string(k.do("alice", "hostess/alice/home/Bell", "[]").Result)
		if status, said := k.finger("alice"); status != 200 || !strings.Contains(said, bell) || !strings.Contains(said, "Alice") || !strings.Contains(bell, "https://wab.example/sky/event/") {
			t.Errorf("%s: %d %s without %s", when, status, said, bell)
		}
	}
	hidden("before she comes")
	k.want("alice", "hostess/alice/home/Bell", "[]", string(k.do("alice", "hostess/alice/home/Bell", "[]").Result))
	hidden("while her doorbell is a secret")
	k.want("alice", "hostess/alice/home/Show", `["Alice"]`, "null")
	shown("from the reply on")
	k.restart()
	if k.runtime.Active() != 0 {
		t.Error("the start has woken her")
	}
	if status, _ := k.finger("alice"); status != 200 || k.runtime.Active() != 0 {
		t.Errorf("a question has woken her, or is not answered: %d", status)
	}
	shown("after a restart")
	k.refused("alice", "hostess/alice/home/Show", `["\u202e"]`, "failed")
	shown("after a card that can't be")
	k.want("alice", "hostess/alice/home/Hide", "[]", "null")
	hidden("when she hides it")
	k.want("alice", "hostess/alice/home/Show", `["Alice"]`, "null")
	k.want("alice", "hostess/alice/home/Close", "[]", "true")
	hidden("when there is no doorbell any more")
	k.want("alice", "hostess/alice/home/Show", `["Alice"]`, "null")
	shown("with another doorbell")
	k.want("alice", "hostess/alice/home/End", "[]", "null")
	hidden("when she is gone")
}

func TestCHAN6_HostMetaIsServed(t *testing.T) {
	k := newKit(t, hostessApp())
	k.url = "https://wab.example"
	k.restart()
	for path, kind := range map[string]string{"host-meta": "application/xrd+xml", "host-meta.json": "application/jrd+json"} {
		if w := k.wellKnown(path); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Body.String(), "https://wab.example/.well-known/webfinger?resource={uri}") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := k.wellKnown("unheard"); w.Code != 404 {
		t.Error(w.Code)
	}
}
