package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/wabgo/wab/server"
)

// Guestbook is a CA. Its exported field is kept for ever.
type Guestbook struct{ Lines []string }

// Init runs once, when the owner first calls.
func (g *Guestbook) Init(tx *server.Tx) error {
	return tx.Allow(server.Anyone(), "Sign") // by default only the owner may call
}

// Sign can be requested by everybody who is signed in. It is durable before its caller hears of it.
func (g *Guestbook) Sign(tx *server.Tx, line string) (int, error) {
	if line == "" {
		return 0, fmt.Errorf("an empty line is no greeting") // nothing has happened
	}
	g.Lines = append(g.Lines, tx.Caller().Owner+": "+line)
	tx.Notify("*", line) // to the owner's open pages
	return len(g.Lines), nil
}

// Read is the owner's.
func (g *Guestbook) Read(tx *server.Tx) []string { return g.Lines }

// A server is an http.Handler: it can be a part of another one.
func ExampleNew() {
	dir, _ := os.MkdirTemp("", "guestbook")
	defer os.RemoveAll(dir)
	s, err := server.New(server.Options{Data: dir, Dev: true}, server.App{Name: "guestbook", New: func() server.CA { return new(Guestbook) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	request := func(owner, method, args string) {
		sign := httptest.NewRecorder()
		s.ServeHTTP(sign, httptest.NewRequest(http.MethodPost, "http://localhost/account/guest", strings.NewReader(`{"owner":"`+owner+`"}`)))
		token := strings.Split(sign.Body.String(), `"`)[3]
		r := httptest.NewRequest(http.MethodPost, "http://localhost/api/guestbook/alice/home/"+method, strings.NewReader(args))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	request("alice", "Read", `[]`)
	request("bob", "Sign", `["hello"]`)
	request("bob", "Sign", `[""]`)
	request("bob", "Read", `[]`)
	request("alice", "Read", `[]`)
	// Output:
	// 200 {"result":null}
	// 200 {"result":1}
	// 422 {"error":{"code":"failed","message":"an empty line is no greeting"}}
	// 403 {"error":{"code":"not_allowed","message":"You may not call Read of guestbook:alice/home. Its owner, alice, decides who may."}}
	// 200 {"result":["bob: hello"]}
}
