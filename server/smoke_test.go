package server

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"io"
)

type tally struct{ N int }

func (c *tally) Add(tx *Tx, n int) (int, error) { c.N += n; return c.N, nil }
func (c *tally) Get(tx *Tx) int                 { return c.N }
func (c *tally) Fail(tx *Tx, n int) error       { c.N += n; return errors.New("no") }

func post(t *testing.T, h http.Handler, path, token, body string) string {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	b, _ := io.ReadAll(w.Body)
	return string(b)
}

func TestSmoke(t *testing.T) {
	dir := t.TempDir()
	app := App{Name: "counter", New: func() CA { return new(tally) }}
	s, err := New(Options{Data: dir, Dev: true}, app)
	if err != nil {
		t.Fatal(err)
	}
	tok := post(t, s, "/account/guest", "", `{"owner":"alice"}`)
	t.Log(tok)
	tok = strings.Split(strings.Split(tok, `"token":"`)[1], `"`)[0]
	for _, m := range []string{"Add [5]", "Add [2]", "Get []", "Fail [3]", "Get []", "Add [\"x\"]", "Nope []"} {
		f := strings.SplitN(m, " ", 2)
		t.Log(m, post(t, s, "/api/counter/alice/home/"+f[0], tok, f[1]))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err = New(Options{Data: dir, Dev: true}, app)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Log(post(t, s, "/api/counter/alice/home/Get", tok, "[]"))
}
