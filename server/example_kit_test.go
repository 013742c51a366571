package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/wabgo/wab/server"
)

// serve runs an app on a server of its own, until done is called. request prints what a method, app/owner/ca/Method without the app, answers an owner.
func serve(app server.App) (request func(owner, path, args string), done func()) {
	dir, err := os.MkdirTemp("", app.Name)
	if err != nil {
		panic(err)
	}
	s, err := server.New(server.Options{Data: dir, Dev: true}, app)
	if err != nil {
		panic(err)
	}
	request = func(owner, path, args string) {
		fmt.Println(post(s, "api/"+app.Name+"/"+path, guest(s, owner), args))
	}
	return request, func() {
		s.Close()
		os.RemoveAll(dir)
	}
}

// guest signs an owner in, as a server in development lets everybody, and returns the token.
func guest(s *server.Server, owner string) string {
	return strings.Split(post(s, "account/guest", "", `{"owner":"`+owner+`"}`), `"`)[3]
}

// post makes a request and returns status and body.
func post(s *server.Server, path, token, body string) string {
	r := httptest.NewRequest(http.MethodPost, "http://localhost/"+path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return fmt.Sprint(w.Code, " ", strings.TrimSpace(w.Body.String()))
}
