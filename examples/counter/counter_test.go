package counter

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/wabgo/wab/server"
)

// api calls methods of the counter over HTTP.
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

func (a *api) post(path, token, body string) string {
	a.t.Helper()
	r, err := http.NewRequest("POST", a.url+path, strings.NewReader(body))
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
	if err := json.Unmarshal([]byte(a.post("/account/guest", "", `{"owner":"`+owner+`"}`)), &got); err != nil {
		a.t.Fatal(err)
	}
	return got.Token
}

func (a *api) want(token, call, args, contains string) {
	a.t.Helper()
	if got := a.post("/api/counter/"+call, token, args); !strings.Contains(got, contains) {
		a.t.Errorf("%s%s gives %s, not %s", call, args, got, contains)
	}
}

func TestCA1_FailChangesNothing(t *testing.T) {
	a := newAPI(t)
	alice := a.guest("alice")
	a.want(alice, "alice/home/Add", "[3]", `{"result":3}`)
	a.want(alice, "alice/home/Fail", "[4]", `"failed"`)
	a.want(alice, "alice/home/Get", "[]", `{"result":3}`)
	a.want(alice, "alice/home/Look", "[]", `{"result":{"n":3,"rev":1}}`)
}

func TestCountsNoFurtherThanItCan(t *testing.T) {
	a := newAPI(t)
	alice := a.guest("alice")
	a.want(alice, "alice/home/Add", "[9223372036854775807]", `{"result":9223372036854775807}`)
	a.want(alice, "alice/home/Add", "[1]", `cannot count that far`)
	a.want(alice, "alice/home/Add", "[-1]", `{"result":9223372036854775806}`)
	a.want(alice, "alice/home/Add", "[0]", `{"result":9223372036854775806}`)
	a.want(alice, "alice/home/Add", `["1"]`, `"bad_request"`)
	a.want(alice, "alice/home/Add", `[1.5]`, `"bad_request"`)
}

func TestBUS2_OnlyWhoIsLetInCounts(t *testing.T) {
	a := newAPI(t)
	alice, bob, eve := a.guest("alice"), a.guest("bob"), a.guest("eve")
	a.want(bob, "alice/home/Add", "[1]", `"not_found"`) // CA-4: only alice's own contact creates it
	a.want(alice, "alice/home/Add", "[1]", `{"result":1}`)
	a.want(bob, "alice/home/Add", "[1]", `"not_allowed"`)
	a.want(bob, "alice/home/Let", `["bob"]`, `"not_allowed"`)
	a.want(alice, "alice/home/Let", `["bob"]`, `{"result":null}`)
	a.want(alice, "alice/home/Let", `["bob"]`, `{"result":null}`) // once more does no harm
	a.want(alice, "alice/home/Let", `["Not a name"]`, `"failed"`)
	a.want(bob, "alice/home/Add", "[1]", `{"result":2}`)
	a.want(bob, "alice/home/Let", `["eve"]`, `"not_allowed"`)
	a.want(eve, "alice/home/Get", "[]", `"not_allowed"`)
	a.want(alice, "alice/home/History", "[]", `"changes":1,"refused":3}`)
}
