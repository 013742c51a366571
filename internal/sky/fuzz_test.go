package sky

import (
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
)

func FuzzParsePath(f *testing.F) {
	for _, s := range []string{
		"/sky/event/E/5/profile/changed", "//sky/event/E//d/t", "/sky/cloud/E/r/n", "/c/E/event/d/t", "/c/E/event-wait/d/t/", "/c/E/query/r/n",
		"/sky/event/E/a%2Fb/p%3Aq/r%2541", "/sky/event/%2e%2e/5/d/t", "/sky/event/E/5/d/%zz", "/sky/event/E/none/none/*",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, flaw := ParsePath(s)
		if flaw != nil {
			checkSentence(t, flaw)
			return
		}
		checkPath(t, p)
		p.Form = SkyEvent
		url := EventURL("http://h", p.ECI, p.EID, p.Domain, p.Type)
		if again, flaw := ParsePath(strings.TrimPrefix(url, "http://h")); flaw != nil || again != p {
			t.Fatalf("%q is %+v, and comes back from %s as %+v, %v", s, p, url, again, flaw)
		}
		for _, url := range []string{url, ChannelURL("http://h/", p.ECI)} {
			if host, eci, ok := SplitDoorbell(url); !ok || host != "http://h" || eci != p.ECI {
				t.Fatalf("%q leads to %s, %s, %v", url, host, eci, ok)
			}
		}
	})
}

func checkPath(t *testing.T, p Path) {
	if p.Form < SkyEvent || p.Form > CQuery || !IsECI(p.ECI) || CheckEvent(p.Domain, p.Type) != nil || CheckEID(p.EID) != nil || p.EID == noID {
		t.Fatalf("%+v", p)
	}
	if p.EID != "" && p.Form != SkyEvent {
		t.Fatalf("%+v has an id", p)
	}
}

func FuzzReadAttributes(f *testing.F) {
	for _, s := range [][3]string{
		{"", "application/json", `{"a":1,"b":[null,{"x":0.5}],"_headers":{}}`}, {"a=1&b=%C3%A9+", "application/x-www-form-urlencoded", "a=2&c"},
		{"a=1&a=2", "", ""}, {"", "application/json; charset=utf-16", "{}"}, {"", "application/json", `{"a":"\ud800\u0000","__proto__":1e300}`},
		{"", "application/json", `{"a":1,"\u0061":2}`}, {"%", "text/plain", "x"}, {"=", "application/json", "[[[[["}, {"a;b=%00", "application/json", `{"a":18446744073709551616}`},
	} {
		f.Add(s[0], s[1], []byte(s[2]))
	}
	f.Fuzz(func(t *testing.T, query, media string, body []byte) {
		a, flaw := ReadAttributes(query, media, body)
		if flaw != nil {
			checkSentence(t, flaw)
			return
		}
		checkAttributes(t, a)
		checkComesBack(t, a)
	})
}

func checkAttributes(t *testing.T, a Attributes) {
	if len(a) > MaxAttributes || a[headers] != nil {
		t.Fatalf("%d attributes: %s", len(a), a.JSON())
	}
	for name, value := range a {
		if name == "" || len(name) > MaxName || len(value) > MaxValue || cbor.Check(value) != nil || depth(value) > MaxDepth {
			t.Fatalf("%q is %x", name, value)
		}
	}
}

func FuzzAttributesOf(f *testing.F) {
	for _, s := range []string{"f6", "a0", "a26161016162f93c00", "a16161f97e00", "a161614201ff", "a16161a1016178", "a16161a20101613102", "a1685f6865616465727301"} {
		f.Add([]byte(raw(s)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if kept, err := ParseAttributes(b); err == nil && string(kept.Encode()) != string(b) {
			t.Fatalf("%x comes back as %x", b, kept.Encode())
		}
		a, flaw := AttributesOf(b)
		if flaw != nil {
			checkSentence(t, flaw)
			return
		}
		checkAttributes(t, a)
		checkComesBack(t, a)
	})
}

func FuzzSplitDoorbell(f *testing.F) {
	for _, s := range []string{
		"https://a.example/sky/event/E", "HTTP://[::1]:80//base/c/E/event/d/t?q#f", "https://a.example/x/" + bare, "https://u@a/c/E", "https://a/c/sky/cloud/%41/x", "https://a/../c/E", "https://a/@/" + bare, "//", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		host, eci, ok := SplitDoorbell(s)
		if !ok {
			if host != "" || eci != "" {
				t.Fatalf("%q: %q, %q", s, host, eci)
			}
			return
		}
		if !IsECI(eci) || !IsVisible(host) || strings.HasSuffix(host, "/") || strings.ContainsAny(host, "?#\\") {
			t.Fatalf("%q: %q, %q", s, host, eci)
		}
		again, same, ok := SplitDoorbell(EventURL(host, eci, "5", "d", "t"))
		if !ok || again != host || same != eci {
			t.Fatalf("%q leads to %q, %q, and that to %q, %q, %v", s, host, eci, again, same, ok)
		}
	})
}

func FuzzErrorIn(f *testing.F) {
	for _, s := range []string{`{"error":"x"}`, `{"error":{"code":"a","message":"m\u202e"}}`, `{"error":null}`, `{}`, `[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		message, failed := ErrorIn(b)
		if !failed && message != "" || len(message) > 256 || strings.ContainsAny(message, "\x00\n\r\x1b\x7f") {
			t.Fatalf("%q: %q, %v", b, message, failed)
		}
	})
}
