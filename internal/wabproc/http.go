package wabproc

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// Post sends JSON and returns the status and the body. token may be empty.
func (s *Server) Post(path, token, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest("POST", s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Close = true // no connection is left behind for the next process to refuse
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(text))
}

// Guest signs in as a guest and returns the token. The server must run with --dev.
func (s *Server) Guest(owner string) string {
	s.t.Helper()
	status, body := s.Post("/account/guest", "", `{"owner":"`+owner+`"}`)
	var got struct{ Token string }
	if err := json.Unmarshal([]byte(body), &got); err != nil || status != http.StatusOK || got.Token == "" {
		s.t.Fatalf("guest: %d %s", status, body)
	}
	return got.Token
}
