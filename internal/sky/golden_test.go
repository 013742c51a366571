package sky

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestFormsOfTheWire(t *testing.T) {
	file, err := os.ReadFile("testdata/forms.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split(string(file), "\n== ")[1:] {
		title, rest, _ := strings.Cut(c, "\n")
		var in, want []string
		for line := range strings.Lines(rest) {
			line = strings.TrimSuffix(line, "\n")
			if text, is := strings.CutPrefix(line, ">"); is {
				in = append(in, strings.TrimPrefix(text, " "))
			} else if text, is := strings.CutPrefix(line, "< "); is {
				want = append(want, text)
			}
		}
		t.Run(title, func(t *testing.T) {
			checkForm(t, serve(in[0], in[1], in[2]), want)
		})
	}
}

// checkForm compares lines, those of JSON as the values that they are, so that the file may write them readably.
func checkForm(t *testing.T, got, want []string) {
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range got {
		if a, b := plainly(got[i]), plainly(want[i]); a != b {
			t.Errorf("got  %s\nwant %s", a, b)
		}
	}
}

func plainly(line string) string {
	var v any
	if json.Unmarshal([]byte(line), &v) != nil {
		return line
	}
	return fmt.Sprint(v)
}

// serve is a server with one rule.
func serve(url, contentType, body string) []string {
	path, query, _ := strings.Cut(url, "?")
	p, flaw := ParsePath(path)
	if flaw != nil {
		return refuse(flaw)
	}
	a, flaw := ReadAttributes(query, contentType, []byte(body))
	if flaw != nil {
		return refuse(flaw)
	}
	if p.Form.Query() {
		form := map[Form]string{SkyCloud: "SkyCloud", CQuery: "CQuery"}[p.Form]
		return []string{fmt.Sprintf("query %s, channel %s, %s/%s", form, p.ECI, p.Domain, p.Type), string(a.JSON())}
	}
	form := map[Form]string{SkyEvent: "SkyEvent", CEvent: "CEvent", CEventWait: "CEventWait"}[p.Form]
	id := "id " + p.EID
	if p.EID == "" {
		id, p.EID = "no id", "e-1"
	}
	return []string{fmt.Sprintf("event %s, channel %s, %s, %s:%s", form, p.ECI, id, p.Domain, p.Type), string(a.JSON()), answer(p)}
}

func answer(p Path) string {
	if p.Form == CEvent {
		return string(AnswerID(p.EID))
	}
	return string(Answer(p.EID, []Directive{{"noted", raw("a1616e01")}}))
}

func refuse(flaw *wire.Error) []string {
	if flaw == ErrMediaType {
		return []string{string(flaw.Code) + " 415"}
	}
	return []string{string(flaw.Code)}
}
