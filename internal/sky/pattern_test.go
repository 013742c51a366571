package sky

import (
	"strings"
	"testing"
)

func TestPatternMatches(t *testing.T) {
	for _, c := range []struct {
		p           Pattern
		domain, typ string
		want        bool
	}{
		{Pattern{"profile", "changed"}, "profile", "changed", true},
		{Pattern{"profile", "changed"}, "Profile", "changed", false},
		{Pattern{"profile", "changed"}, "profile", "change", false},
		{Pattern{"profile", "changed"}, "profile", "changed ", false},
		{Pattern{"profile", "*"}, "profile", "anything", true},
		{Pattern{"profile", "*"}, "wrangler", "anything", false},
		{Pattern{"*", "changed"}, "any", "changed", true},
		{Pattern{"*", "changed"}, "any", "other", false},
		{Pattern{"*", "*"}, "any", "other", true},
		{Pattern{"pro*", "*"}, "profile", "x", false}, // no prefixes
		{Pattern{}, "", "", false},
		{Pattern{}, "profile", "changed", false},
		{Pattern{"profile", ""}, "profile", "", false},
	} {
		if got := c.p.Matches(c.domain, c.typ); got != c.want {
			t.Errorf("%+v, %s:%s: %v", c.p, c.domain, c.typ, got)
		}
	}
}

func TestPatternCheck(t *testing.T) {
	for _, p := range []Pattern{{"a", "b"}, {"*", "b"}, {"a", "*"}, {"*", "*"}, {"a.b-c_d:e", strings.Repeat("x", MaxWord)}} {
		if flaw := p.Check(); flaw != nil {
			t.Errorf("%+v: %v", p, flaw)
		}
	}
	for _, p := range []Pattern{{}, {"a", ""}, {"", "b"}, {"a/b", "*"}, {"*", "a b"}, {"é", "*"}, {"..", "*"}, {"*", strings.Repeat("x", MaxWord+1)}} {
		if flaw := p.Check(); flaw == nil {
			t.Errorf("%+v is let through", p)
		} else {
			checkSentence(t, flaw)
		}
	}
}

func TestWords(t *testing.T) {
	if CheckEvent("a", "b") != nil || CheckQuery("io.picolabs.wrangler", "channels") != nil || CheckEID("") != nil || CheckEID("a/b*") != nil {
		t.Error("good words are refused")
	}
	if CheckEvent("a", "*") == nil || CheckEvent("", "b") == nil || CheckQuery("a", "b/c") == nil || CheckEID("a b") == nil || CheckEID("..") == nil {
		t.Error("bad words are taken")
	}
}
