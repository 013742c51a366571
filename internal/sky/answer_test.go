package sky

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAnswer(t *testing.T) {
	for want, got := range map[string][]byte{
		`{"eid":"5","directives":[]}`: Answer("5", nil),
		`{"eid":"5","directives":[{"name":"a","options":{},"meta":{"eid":"5"}},{"name":"b","options":{"x":[1]},"meta":{"eid":"5"}}]}`: Answer("5", []Directive{
			{Name: "a"}, {"b", raw("a161788101")}}),
		`{"eid":"\"\u003c","directives":[{"name":"\u003c/script\u003e","options":{},"meta":{"eid":"\"\u003c"}}]}`: Answer(`"<`, []Directive{{"</script>", raw("f7")}}),
		`"5"`: AnswerID("5"),
		`""`:  AnswerID(""),
	} {
		if string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestAnswersAreJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		eid, name := rapid.String().Draw(t, "eid"), rapid.String().Draw(t, "name")
		body := Answer(eid, []Directive{{Name: name, Options: rapid.SliceOf(rapid.Byte()).Draw(t, "options")}})
		var got struct {
			EID        string
			Directives []struct {
				Name string
				Meta struct{ EID string }
			}
		}
		if err := json.Unmarshal(body, &got); err != nil || got.EID != eid || got.Directives[0].Name != name || got.Directives[0].Meta.EID != eid {
			t.Fatalf("%s: %v", body, err)
		}
		if message, failed := ErrorIn(body); failed {
			t.Fatalf("%s: %s", body, message)
		}
	})
}

func TestErrorIn(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"ECI not found"}`:                          "ECI not found",
		` {"x":1,"error":{"code":"a","message":"Not so."}} `: "Not so.",
		`{"error":{"message":{"x":1}}}`:                      "",
		`{"error":{}}`:                                       "",
		`{"error":true}`:                                     "",
		`{"error":""}`:                                       "",
		`{"error":404}`:                                      "404",
		`{"error":["x"]}`:                                    "",
		`{"error":"a\nb\u0000\u001b[31m\u202ec\u2028d\u0085"}`: "a b  [31m c d ",
	} {
		if got, failed := ErrorIn([]byte(body)); !failed || got != want {
			t.Errorf("%s: %q, %v", body, got, failed)
		}
	}
	for _, body := range []string{
		``, `ok`, `{}`, `[]`, `null`, `"error"`, `["error"]`, `{"error":null}`, `{"Error":"x"}`, `{"x":{"error":"x"}}`, `{"error":"x"`, `{"directives":[]}`, "<html>error",
		strings.Repeat("[", 100000),
	} {
		if got, failed := ErrorIn([]byte(body)); failed || got != "" {
			t.Errorf("%.40s: %q", body, got)
		}
	}
	long, failed := ErrorIn([]byte(`{"error":"x` + strings.Repeat("é", 1000) + `"}`))
	if !failed || len(long) > 256 || !utf8.ValidString(long) {
		t.Errorf("%q", long)
	}
}
