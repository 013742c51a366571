package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
	"pgregory.net/rapid"
)

func TestRulesRefuseNonsense(t *testing.T) {
	many := make([]string, MaxMethods+1)
	for i := range many {
		many[i] = fmt.Sprint("M", i)
	}
	for _, r := range []Rule{
		{},
		{Who: Principal(name.Name{})},
		{Who: Principal(must("a/b/c"))},
		{Who: Principal(name.Name{Owner: "Bob"})},
		{Who: Principal(name.Name{Owner: "forum"})},
		{Who: Group(must("a/b"), 0)},
		{Who: Group(must("a/b/c"), MaxDepth+1)},
		{Who: Group(must("a/b/c"), -1)},
		{Who: Known(0)},
		{Who: Subject{Kind: 9}},
		{Who: Subject{Kind: KindAnyone, N: 1}},
		{Who: Subject{Kind: KindAnyone, Name: must("bob")}},
		{Who: Anyone(), Methods: []string{""}},
		{Who: Anyone(), Methods: []string{"a b"}},
		{Who: Anyone(), Methods: []string{strings.Repeat("M", MaxMethodBytes+1)}},
		{Who: Anyone(), Methods: many},
	} {
		rs, err := Rules{}.Add(r)
		if codeOf(err) != wire.BadRequest || rs.Len() != 0 {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestRulesLimit(t *testing.T) {
	var rs Rules
	for i := range MaxRules {
		rs = add(t, rs, Rule{Who: Known(uint64(i + 1))})
	}
	full, err := rs.Add(Rule{Who: Anyone()})
	if codeOf(err) != wire.TooLarge || full.Len() != MaxRules {
		t.Error(err, full.Len())
	}
	if again := add(t, rs, Rule{Who: Known(7)}); again.Len() != MaxRules {
		t.Error("a rule that is there is not added again")
	}
}

func add(t *testing.T, rs Rules, r Rule) Rules {
	t.Helper()
	rs, err := rs.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestRulesNeverChangeInPlace(t *testing.T) {
	methods := []string{"B", "A", "B"}
	one := add(t, Rules{}, Rule{Who: Anyone(), Methods: methods})
	methods[0] = "X"
	two := add(t, one, Rule{Who: Known(1)})
	other := add(t, one, Rule{Who: Known(2)})
	gone, ok := two.Remove(Rule{Who: Anyone(), Methods: []string{"A", "B"}})
	if !ok || gone.Len() != 1 || one.Len() != 1 || two.Len() != 2 {
		t.Error(ok, gone, one, two)
	}
	if two.At(1).Who != Known(1) || other.At(1).Who != Known(2) || !slices.Equal(two.At(0).Methods, []string{"A", "B"}) {
		t.Error("rules were shared:", two, other)
	}
}

func TestRulesRemoveIsExact(t *testing.T) {
	rs := rulesOf("+ bob Add Get", "- bob Add")
	for _, r := range []Rule{
		{Who: subjectOf("bob")},
		{Who: subjectOf("bob"), Methods: []string{"Add"}},
		{Who: subjectOf("carol"), Methods: []string{"Add", "Get"}},
		{Deny: true, Who: subjectOf("bob"), Methods: []string{"Add", "Get"}},
	} {
		if got, ok := rs.Remove(r); ok || got.Len() != 2 {
			t.Errorf("%+v was removed", r)
		}
	}
	if _, ok := rs.Remove(Rule{Who: subjectOf("bob"), Methods: []string{"Get", "Add"}}); !ok {
		t.Error("the order of methods does not matter")
	}
}

func anyRules() *rapid.Generator[Rules] {
	line := rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"+ ", "- "}).Draw(t, "sign") +
			rapid.SampledFrom([]string{"*", ">1", ">9", "#a/b/c", "#t:a/b/c@h", "bob", "t:bob/x", "bob@h:1"}).Draw(t, "who") + " " +
			strings.Join(rapid.SliceOf(rapid.StringMatching(`[A-Z][a-z0-9_]{0,5}`)).Draw(t, "methods"), " ")
	})
	return rapid.Map(rapid.SliceOf(line), func(lines []string) Rules { return rulesOf(lines...) })
}

func TestRulesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := anyRules().Draw(t, "rules")
		b := AppendRules(nil, rs)
		if err := cbor.Check(b); err != nil {
			t.Fatal(err)
		}
		got, err := ParseRules(b)
		if err != nil || !slices.EqualFunc(got.list, rs.list, Rule.equal) {
			t.Fatalf("%v became %v, %v", rs, got, err)
		}
	})
}

func FuzzParseRules(f *testing.F) {
	f.Add(AppendRules(nil, Rules{}))
	f.Add(AppendRules(nil, rulesOf("+ bob Add Get", "- *", "+ >3", "- #t:a/b/c@h:1 X")))
	f.Add([]byte("\x9a\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := ParseRules(b)
		if err != nil {
			if rs.Len() != 0 || codeOf(err) != wire.Internal {
				t.Errorf("%v with %v", rs, err)
			}
			return
		}
		if again := AppendRules(nil, rs); string(again) != string(b) {
			t.Errorf("%x became %x", b, again)
		}
		for i := range rs.Len() {
			if flaw := rs.At(i).flaw(); flaw != "" {
				t.Errorf("rule %d: %s", i, flaw)
			}
		}
		_ = Decide(self, self.AsOwner(), "Add", rs, nil).Explain()
	})
}

func TestMAP10_RulesNameMaps(t *testing.T) {
	for label, ok := range map[string]bool{"board": true, "my-board-2": true, "0": true, "Board-x": false, "my_board": false, "-x": false, "x-": false, "é": false, strings.Repeat("a", 64): false} {
		_, err := Rules{}.Add(Rule{Who: Anyone(), Methods: []string{label}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", label, err)
		}
	}
}
