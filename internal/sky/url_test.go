package sky

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEventURL(t *testing.T) {
	for _, c := range []struct{ host, eci, eid, domain, typ, want string }{
		{"https://a.example", "E", "5", "profile", "changed", "https://a.example/sky/event/E/5/profile/changed"},
		{"https://a.example/", "E", "", "profile", "changed", "https://a.example/sky/event/E/none/profile/changed"},
		{"http://127.0.0.1:8080/base//", "E", "5", "d", "t", "http://127.0.0.1:8080/base/sky/event/E/5/d/t"},
		{"https://a.example", "E_-.~", "a/b", "p?q", "r#s%41", "https://a.example/sky/event/E_-.~/a%2Fb/p%3Fq/r%23s%2541"},
	} {
		if got := EventURL(c.host, c.eci, c.eid, c.domain, c.typ); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

const bare = "ckq1x2y3z0000abcdefghijkl"

func TestSplitDoorbell(t *testing.T) {
	for in, want := range map[string][2]string{
		"https://a.example/sky/event/E":                            {"https://a.example", "E"},
		"https://a.example/sky/event/E/":                           {"https://a.example", "E"},
		"https://a.example/sky/event/E/none/wrangler/subscription": {"https://a.example", "E"},
		"https://a.example//sky//event//E":                         {"https://a.example", "E"},
		"https://a.example/sky/cloud/E/rules/name":                 {"https://a.example", "E"},
		"https://a.example/c/E":                                    {"https://a.example", "E"},
		"https://a.example/c/E/event/d/t":                          {"https://a.example", "E"},
		"https://a.example/c/E/event/sky/event":                    {"https://a.example", "E"},
		"https://a.example/c/E/query/r/n?a=/sky/event/X":           {"https://a.example", "E"},
		"https://a.example/c/E#/sky/event/X|é":                     {"https://a.example", "E"},
		"HTTPS://A.Example:8443/c/E":                               {"https://a.example:8443", "E"},
		"http://[::1]:8080/c/E":                                    {"http://[::1]:8080", "E"},
		"https://a.example/Deep/base%20x/sky/event/E/5/d/t":        {"https://a.example/Deep/base%20x", "E"},
		"https://a.example/c/sky/event/E":                          {"https://a.example/c", "E"},
		"https://a.example/sky/event/sky/event/d/t":                {"https://a.example", "sky"},
		"https://a.example/" + bare:                                {"https://a.example", bare},
		"https://a.example/base/" + bare + "/":                     {"https://a.example/base", bare},
		"https://a.example/sky/event/a%25b":                        {"https://a.example", "a%b"},
	} {
		host, eci, ok := SplitDoorbell(in)
		if !ok || host != want[0] || eci != want[1] {
			t.Errorf("%s: %s, %s, %v", in, host, eci, ok)
		}
		if IsBare(in) != (eci == bare) {
			t.Errorf("%s is bare: %v", in, IsBare(in))
		}
	}
}

func TestSplitDoorbellRefuses(t *testing.T) {
	for _, in := range []string{
		"", "E", bare, "a.example/c/E", "//a.example/c/E", "ftp://a.example/c/E", "javascript://a.example/c/E", "sky:E", "acct:alice@a.example",
		"https://", "https:///c/E", "https://:80/c/E", "https://?/c/E",
		"https://a.example", "https://a.example/", "https://a.example/about", "https://a.example/app/?ca=alice/home", "https://a.example/index-of-people.html",
		"https://a.example/sky/event", "https://a.example/sky/event/", "https://a.example/c", "https://a.example/c/",
		"https://user@a.example/c/E", "https://user:pass@a.example/c/E", `https://a.example\@b.example/c/E`, `https://a.example/\/b.example/c/E`, `https://a.example/"><x>/c/E`, "https://a.example%2f/c/E",
		"https://a.example/c/E F", "https://a.example/c/\x00", "https://a.example/c/é", "https://a.example/c/%zz", "https://a.example/c/%00", "https://a.example/c/a%2Fb",
		"https://a.example/c/..", "https://a.example/c/%2e%2e/event/d/t", "https://a.example/../c/E", "https://a.example/x/%2E./c/E", "https://a.example/%z/c/E",
		"https://a.example/c/" + strings.Repeat("x", MaxECI+1),
	} {
		if host, eci, ok := SplitDoorbell(in); ok || host != "" || eci != "" {
			t.Errorf("%.60q: %s, %s, %v", in, host, eci, ok)
		}
		if IsBare(in) {
			t.Errorf("%.60q is bare", in)
		}
	}
}

// word draws what can be a domain, and what else an event id can be.
func word() *rapid.Generator[string] {
	return rapid.StringMatching(`[!-~]{1,40}`).Filter(func(s string) bool { return checkWord("", s) == nil })
}

func TestEventURLComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Path{SkyEvent, word().Draw(t, "eci"), "", word().Draw(t, "domain"), word().Draw(t, "type")}
		want.EID = rapid.StringMatching(`[!-~]{0,40}`).Filter(func(s string) bool { return s != noID && CheckEID(s) == nil }).Draw(t, "eid")
		host := rapid.SampledFrom([]string{"https://a.example", "http://localhost:8080/x/y", "https://[::1]"}).Draw(t, "host")
		url := EventURL(host, want.ECI, want.EID, want.Domain, want.Type)
		if got, flaw := ParsePath(strings.TrimPrefix(url, host)); flaw != nil || got != want {
			t.Fatalf("%s: %+v, %v; want %+v", url, got, flaw, want)
		}
		if base, eci, ok := SplitDoorbell(url); !ok || base != host || eci != want.ECI {
			t.Fatalf("%s: %s, %s, %v", url, base, eci, ok)
		}
	})
}
