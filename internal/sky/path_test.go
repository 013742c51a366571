package sky

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/wire"
)

func TestParsePath(t *testing.T) {
	for in, want := range map[string]Path{
		"/sky/event/E/5/profile/changed":             {SkyEvent, "E", "5", "profile", "changed"},
		"/sky/event/E/none/profile/changed":          {SkyEvent, "E", "", "profile", "changed"},
		"/sky/event/E/None/profile/changed":          {SkyEvent, "E", "None", "profile", "changed"},
		"/sky/event/E//profile/changed":              {SkyEvent, "E", "", "profile", "changed"},
		"/sky/event/E///profile/changed/":            {SkyEvent, "E", "", "profile", "changed"},
		"//sky/event/E/5/profile/changed":            {SkyEvent, "E", "5", "profile", "changed"},
		"//sky//event//E//5//profile//c//":           {SkyEvent, "E", "5", "profile", "c"},
		"sky/event/E/5/profile/changed":              {SkyEvent, "E", "5", "profile", "changed"},
		"/sky/event/E/none/none/none":                {SkyEvent, "E", "", "none", "none"},
		"/sky/event/sky/event/sky/event":             {SkyEvent, "sky", "event", "sky", "event"},
		"/sky/event/E/a%2Fb%25/p%3Aq/r%2541":         {SkyEvent, "E", "a/b%", "p:q", "r%41"},
		"/sky/event/E/*/a+b/c&d=;,'":                 {SkyEvent, "E", "*", "a+b", "c&d=;,'"},
		"/%73ky/event/E/5/d/t":                       {SkyEvent, "E", "5", "d", "t"},
		"/sky/cloud/E/io.picolabs.wrangler/channels": {SkyCloud, "E", "", "io.picolabs.wrangler", "channels"},
		"/c/E/event/profile/changed":                 {CEvent, "E", "", "profile", "changed"},
		"/c/E/event-wait/profile/changed":            {CEventWait, "E", "", "profile", "changed"},
		"//c/E/event-wait/profile/changed":           {CEventWait, "E", "", "profile", "changed"},
		"/c/E/query/rules/name/":                     {CQuery, "E", "", "rules", "name"},
		"/c/event/event/event/query":                 {CEvent, "event", "", "event", "query"},
	} {
		if got, flaw := ParsePath(in); flaw != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", in, got, flaw, want)
		}
	}
}

func TestParsePathRefuses(t *testing.T) {
	long := strings.Repeat("x", MaxWord+1)
	for in, want := range map[string]wire.Code{
		"":                                 wire.NotFound,
		"/":                                wire.NotFound,
		"////":                             wire.NotFound,
		"/sky":                             wire.NotFound,
		"/sky/event":                       wire.NotFound,
		"/sky/event/E":                     wire.NotFound,
		"/sky/event/E/none/profile":        wire.NotFound, // the type is missing: none is no domain here
		"/sky/event/E/none//profile":       wire.NotFound,
		"/sky/event/E/5/d/t/more":          wire.NotFound,
		"/sky/event/E/5/d/t/m/o/r/e":       wire.NotFound,
		"/sky/cloud/E/5/d/t":               wire.NotFound,
		"/sky/cloud/E/d":                   wire.NotFound,
		"/Sky/event/E/5/d/t":               wire.NotFound,
		"/sky/evnt/E/5/d/t":                wire.NotFound,
		"/c/E/event/d":                     wire.NotFound,
		"/c/E/events/d/t":                  wire.NotFound,
		"/c//event/d/t":                    wire.NotFound,
		"/sky%2Fevent/E/5/d/t":             wire.NotFound,
		"/../sky/event/E/5/d/t":            wire.NotFound,
		"/sky/event/../5/d/t":              wire.NotFound, // no channel can be called so
		"/sky/event/a%2Fb/5/d/t":           wire.NotFound,
		"/sky/event/%00/5/d/t":             wire.NotFound,
		"/sky/event/é/5/d/t":               wire.NotFound,
		"/c/a%20b/query/r/n":               wire.NotFound,
		"/sky/event/E/5/d/%":               wire.BadRequest,
		"/sky/event/E/5/d/%4":              wire.BadRequest,
		"/sky/event/E/5/d/%zz":             wire.BadRequest,
		"/sky/event/E/5/d/%+1":             wire.BadRequest,
		"/sky/event/E/5/d/a%2Fb":           wire.BadRequest,
		"/sky/event/E/5/d/%2e%2E":          wire.BadRequest,
		"/sky/event/E/5/./t":               wire.BadRequest,
		"/sky/event/E/5/*/t":               wire.BadRequest,
		"/sky/event/E/5/d/*":               wire.BadRequest,
		"/c/E/query/*/n":                   wire.BadRequest,
		"/sky/event/E/5/d/a%00":            wire.BadRequest,
		"/sky/event/E/5/d/a%0D%0AX":        wire.BadRequest,
		"/sky/event/E/5/d/%C3%A9":          wire.BadRequest,
		"/sky/event/E/5/d/\x7f":            wire.BadRequest,
		"/sky/event/E/%2e%2e/d/t":          wire.BadRequest,
		"/sky/event/E/a%20b/d/t":           wire.BadRequest,
		"/sky/event/E/" + long + "/d/t":    wire.BadRequest,
		"/sky/event/E/5/" + long + "/t":    wire.BadRequest,
		"/sky/event/E/5/d/" + long:         wire.BadRequest,
		"/c/E/event/" + long + "/t":        wire.BadRequest,
		"/" + strings.Repeat("a/", 100000): wire.NotFound,
	} {
		_, flaw := ParsePath(in)
		if flaw == nil || flaw.Code != want {
			t.Errorf("%.60q: %v; want %s", in, flaw, want)
			continue
		}
		checkSentence(t, flaw)
	}
}

// What could be no ECI is told as one that is unknown.
func TestCHAN1_AnImpossibleECIIsUnknown(t *testing.T) {
	for _, eci := range []string{strings.Repeat("x", MaxECI+1), "%00", "..", "a%2Fb", "%C3%A9"} {
		for _, path := range []string{"/sky/event/" + eci + "/5/d/t", "/sky/cloud/" + eci + "/r/n", "/c/" + eci + "/event/d/t", "/c/" + eci + "/query/r/n"} {
			if _, flaw := ParsePath(path); flaw != ErrUnknownECI {
				t.Errorf("%.40s: %v", path, flaw)
			}
		}
	}
}

func TestLongestWordsFit(t *testing.T) {
	word := strings.Repeat("x", MaxWord)
	want := Path{SkyEvent, strings.Repeat("e", MaxECI), word, word, word}
	if got, flaw := ParsePath("/sky/event/" + want.ECI + "/" + word + "/" + word + "/" + word); flaw != nil || got != want {
		t.Error(flaw)
	}
}

func TestFormsThatAsk(t *testing.T) {
	for form, want := range map[Form]bool{SkyEvent: false, SkyCloud: true, CEvent: false, CEventWait: false, CQuery: true} {
		if form.Query() != want {
			t.Errorf("form %d", form)
		}
	}
}

func TestParsePathAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { ParsePath(benchPath) }); n != 0 {
		t.Errorf("%v times", n)
	}
}

// checkSentence tells whether an error is fit to be shown to people.
func checkSentence(t interface{ Errorf(string, ...any) }, e *wire.Error) {
	s := e.Message
	if s == "" || s[0] < 'A' || s[0] > 'Z' || s[len(s)-1] != '.' || strings.ContainsAny(s, "\x00\r\n\x7f") || len(s) > 512 {
		t.Errorf("no sentence for people: %q", s)
	}
}
