package whitepages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wabgo/wab/internal/clock"
	"github.com/wabgo/wab/server"
)

// courier is an app whose CAs put their owners into the book, and search it.
type courier struct{ Found []Entry }

func (c *courier) Enter(tx *server.Tx, card map[string]any) {
	tx.Send("whitepages:commons/pages", "List", card)
}
func (c *courier) Look(tx *server.Tx, text string) {
	tx.Send("whitepages:commons/pages", "Search", text, 5).Then("Hear")
}
func (c *courier) Hear(_ *server.Tx, r server.Response) error { return r.Decode(&c.Found) }
func (c *courier) Heard(*server.Tx) int                       { return len(c.Found) }

// book is a server with the white pages.
type book struct {
	t      *testing.T
	url    string
	clock  *clock.Fake
	tokens map[string]string
}

func open(t *testing.T) *book { return openWith(t, App) }

// openWith is open with another app in the place of the white pages.
func openWith(t *testing.T, pages server.App) *book {
	b := &book{t: t, clock: clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)), tokens: map[string]string{}}
	s, err := server.New(server.Options{Data: t.TempDir(), Dev: true, PublicURL: "https://wab.example", Clock: b.clock, Logger: slog.New(slog.DiscardHandler)},
		pages, server.App{Name: "courier", New: func() server.CA { return new(courier) }})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	b.url = h.URL
	t.Cleanup(func() {
		h.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *book) post(path, token, body string) string {
	b.t.Helper()
	r, err := http.NewRequest("POST", b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return strings.TrimSpace(string(text))
}

// by calls a method of the book's, or of another CA's, as an owner.
func (b *book) by(owner, method, args string) string {
	b.t.Helper()
	if b.tokens[owner] == "" {
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(b.post("/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil || got.Token == "" {
			b.t.Fatal(owner, err)
		}
		b.tokens[owner] = got.Token
	}
	if !strings.Contains(method, "/") {
		method = "whitepages/commons/pages/" + method
	}
	return b.post("/api/"+method, b.tokens[owner], args)
}

// owners are those of the entries that a method answers with.
func (b *book) owners(method, args string) (out []string) {
	b.t.Helper()
	var got struct{ Result []Entry }
	said := b.by("zoe", method, args)
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		b.t.Fatal(said)
	}
	for _, e := range got.Result {
		out = append(out, e.Owner)
	}
	return out
}

func (b *book) wants(method, args string, owners ...string) {
	b.t.Helper()
	if got := b.owners(method, args); !slices.Equal(got, owners) {
		b.t.Errorf("%s%s: %v, want %v", method, args, got, owners)
	}
}

func (b *book) says(owner, method, args, contains string) {
	b.t.Helper()
	if got := b.by(owner, method, args); !strings.Contains(got, contains) {
		b.t.Errorf("%s%s by %s: %s, want %s", method, args, owner, got, contains)
	}
}

// eventually asks until an answer has a text: for messages that come after a reply.
func (b *book) eventually(owner, method, args, contains string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if strings.Contains(b.by(owner, method, args), contains) {
			return
		}
	}
	b.says(owner, method, args, contains)
}

func TestCHAN6_PeopleListThemselves(t *testing.T) {
	b := open(t)
	b.says("alice", "List", `[{"name":" Alice Liddell ","about":"Gardens by the river"}]`, `"name":"Alice Liddell"`)
	b.says("alice", "Search", `["alice"]`, "bad_request")
	b.says("alice", "Search", `["alice",0]`, `"address":"alice@wab.example"`)
	b.says("bob", "List", `[{"name":"Bob","about":"","picture":"ignored","owner":"alice","address":"bob@evil.example"}]`, `"owner":"bob"`)
	b.says("bob", "Search", `["bob",0]`, `"address":"bob@wab.example"`)
	b.says("alice", "List", `[{"name":"Alice","about":"Moved"}]`, `"since":"2030-01-01T00:00:00Z"`)
	b.wants("Search", `["liddell",0]`)
	b.wants("Search", `["moved",0]`, "alice")
	b.wants("All", `["",0]`, "alice", "bob")
	b.says("alice", "Unlist", `[]`, `{"result":true}`)
	b.says("alice", "Unlist", `[]`, `{"result":false}`)
	b.wants("All", `["",0]`, "bob")
	b.says("carol", "Open", `[]`, "not_allowed")
	b.says("commons2", "whitepages/commons/other/List", `[{"name":"x"}]`, "not_found")
	if said := b.post("/api/whitepages/commons/pages/All", "", `["",0]`); !strings.Contains(said, "unauthenticated") {
		t.Error(said)
	}
}

// A CA of any app lists its own owner, whatever it says.
func TestCHAN6_EntriesBearTheTrueOwner(t *testing.T) {
	b := open(t)
	b.says("dan", "courier/dan/home/Enter", `[{"name":"Dan","about":"","owner":"alice"}]`, "null")
	b.eventually("zoe", "All", `["",0]`, `"owner":"dan"`)
	b.wants("All", `["",0]`, "dan")
	b.says("eve", "courier/eve/home/Look", `["dan"]`, "null")
	b.eventually("eve", "courier/eve/home/Heard", `[]`, `{"result":1}`)
}

func TestCHAN6_TheBookIsAMapForThoseWhoAreSignedIn(t *testing.T) {
	b := open(t)
	b.says("alice", "List", `[{"name":"Alice"}]`, `"owner":"alice"`)
	read := func(token string) string {
		r, _ := http.NewRequest("GET", b.url+"/api/whitepages/commons/pages/maps/entries", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return string(text)
	}
	b.by("zoe", "All", `["",0]`)
	if said := read(b.tokens["zoe"]); !strings.Contains(said, `"alice"`) {
		t.Error(said)
	}
	if said := read("x"); strings.Contains(said, "Alice") {
		t.Error(said)
	}
}

func TestCHAN6_EntriesHaveLimits(t *testing.T) {
	b := open(t)
	for _, card := range []string{
		`{}`, `{"name":" "}`, `{"name":"a\nb"}`, `{"name":"a\u202eb"}`, `{"name":"` + strings.Repeat("ä", 101) + `"}`, `{"name":"a","about":"` + strings.Repeat("x", 281) + `"}`, `{"name":"a","about":"\u0000"}`,
		`{"name":7}`, `null`,
	} {
		if said := b.by("alice", "List", "["+card+"]"); !strings.Contains(said, `"error"`) {
			t.Errorf("%s: %s", card, said)
		}
	}
	for i := range maxChanges {
		b.says("alice", "List", fmt.Sprintf(`[{"name":"Alice %d"}]`, i), `"owner"`)
	}
	b.says("alice", "List", `[{"name":"Alice"}]`, "try again in an hour")
	b.says("alice", "List", fmt.Sprintf(`[{"name":"Alice %d"}]`, maxChanges-1), `"owner"`) // nothing would change
	b.says("bob", "List", `[{"name":"Bob"}]`, `"owner"`)
	b.says("alice", "Unlist", `[]`, "true")
	b.says("alice", "List", `[{"name":"Alice"}]`, "try again in an hour")
	b.clock.Advance(changesIn)
	b.says("alice", "List", `[{"name":"Alice"}]`, `"owner"`)
	b.says("zoe", "Search", `["`+strings.Repeat("a", 101)+`",1]`, "100 characters")
	b.says("zoe", "Search", `["a b c d e f g h i",1]`, "8 words")
}

func TestCHAN6_TheBestComeFirst(t *testing.T) {
	b := open(t)
	for owner, card := range map[string]string{
		"ann": `{"name":"Ann Rose","about":"roses"}`, "rose": `{"name":"R."}`, "tom": `{"name":"Tom","about":"loves a rose"}`, "primrose": `{"name":"Prim"}`, "zed": `{"name":"Zoë Ärger"}`,
	} {
		b.says(owner, "List", "["+card+"]", `"owner"`)
	}
	b.wants("Search", `["rose",0]`, "rose", "ann", "primrose", "tom")
	b.wants("Search", `["ROSE  ann",0]`, "ann")
	b.wants("Search", `["rose",2]`, "rose", "ann")
	b.wants("Search", `["zoë ärg",-5]`, "zed")
	b.wants("Search", `["",3]`, "ann", "primrose", "rose")
	b.wants("All", `["ann",2]`, "primrose", "rose")
	b.wants("All", `["b",1]`, "primrose")
	b.wants("All", `["zz",1]`)
	b.wants("Search", `["nobody",0]`)
}

// careless is a book that fails after it has changed.
type careless struct{ Pages }

func (c *careless) Init(tx *server.Tx) error {
	return errors.Join(c.Pages.Init(tx), tx.Allow(server.Anyone(), "Spoil"))
}

func (c *careless) Spoil(tx *server.Tx, card Card) error {
	_, err := c.List(tx, card)
	return errors.Join(err, errors.New("spoilt"))
}

// What a failing message would have changed is in no answer.
func TestCHAN6_WhatFailsIsInNoAnswer(t *testing.T) {
	app := App
	app.New = func() server.CA { return new(careless) }
	b := openWith(t, app)
	b.says("alice", "List", `[{"name":"Alice"}]`, `"owner"`)
	b.wants("All", `["",0]`, "alice")
	b.says("alice", "Spoil", `[{"name":"Mallory"}]`, "spoilt")
	b.says("bob", "Spoil", `[{"name":"Bob"}]`, "spoilt")
	b.wants("Search", `["mallory",0]`)
	b.wants("All", `["",0]`, "alice")
	b.says("carol", "List", `[{"name":"Carol"}]`, `"owner"`)
	b.wants("All", `["",0]`, "alice", "carol")
}

// What is put in and taken out each makes the version that the map's commit will have.
func TestIndexFollowsTheMap(t *testing.T) {
	x := &index{}
	x.put(Entry{Owner: "b"})
	x.put(Entry{Owner: "a"})
	x.put(Entry{Owner: "b", Name: "B"})
	x.remove("a")
	x.remove("c")
	if x.version != 5 || len(x.rows) != 1 || x.rows[0].Name != "B" {
		t.Errorf("%+v", x)
	}
}
