package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
	"pgregory.net/rapid"
)

func must(s string) name.Name {
	n, err := name.Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

func codeOf(err error) wire.Code {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestBUS6_ScopePermits(t *testing.T) {
	narrow := Scope{App: "counter", CA: "alice/home", Methods: []string{"Add", "Get"}, Expires: 100}
	for _, c := range []struct {
		scope      Scope
		to, method string
		now        int64
		want       wire.Code
	}{
		{Scope{}, "counter:alice/home", "Add", 1 << 60, ""},
		{narrow, "counter:alice/home", "Add", 99, ""},
		{narrow, "counter:alice/home", "", 99, ""},
		{narrow, "counter:alice/home", "Add", 100, wire.Unauthenticated},
		{narrow, "counter:alice/home", "Fail", 99, wire.NotAllowed},
		{narrow, "counter:alice/homer", "Add", 99, wire.NotAllowed},
		{narrow, "counter:bob/home", "Add", 99, wire.NotAllowed},
		{narrow, "other:alice/home", "", 99, wire.NotAllowed},
		{narrow, "counter:alice/home@elsewhere", "Add", 99, wire.NotAllowed},
		{narrow, "counter:alice", "Add", 99, wire.NotAllowed},
		{Scope{CA: "alice/home"}, "any:alice/home", "Add", 0, ""},
		{Scope{CA: "alice"}, "any:alice", "Add", 0, wire.NotAllowed},
		{Scope{CA: "any:alice/home"}, "any:alice/home", "Add", 0, wire.NotAllowed},
		{Scope{Methods: []string{"Add"}}, "a:b/c", "add", 0, wire.NotAllowed},
	} {
		if got := codeOf(c.scope.Permits(must(c.to), c.method, c.now)); got != c.want {
			t.Errorf("%+v permits %s of %s at %d: %q, want %q", c.scope, c.method, c.to, c.now, got, c.want)
		}
	}
	err := narrow.Permits(must("counter:bob/home"), "Add", 0)
	if want := "narrowed to the app counter, the CA alice/home, the methods Add, Get. Use one that opens Add of counter:bob/home"; !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
}

func TestBUS6_MessagesStayShort(t *testing.T) {
	s := Scope{App: strings.Repeat("x\x1b", 1e5), Methods: make([]string, 1e5)}
	if msg := s.Permits(must("a:b/c"), strings.Repeat("M", 1e5), 0).Error(); len(msg) > 2000 || strings.ContainsRune(msg, 0x1b) {
		t.Errorf("%d bytes: %.300q", len(msg), msg)
	}
}

func anyScope() *rapid.Generator[Scope] {
	return rapid.Custom(func(t *rapid.T) Scope {
		return Scope{
			App:     rapid.SampledFrom([]string{"", "", "t", "u"}).Draw(t, "app"),
			CA:      rapid.SampledFrom([]string{"", "", "a/x", "b/x"}).Draw(t, "ca"),
			Methods: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C"}), 0, 3, rapid.ID).Draw(t, "methods"),
			Expires: rapid.Int64Range(0, 4).Draw(t, "expires"),
		}
	})
}

func TestBUS6_NarrowedOpensNothingItsParentDoesNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parent, asked := anyScope().Draw(t, "parent"), anyScope().Draw(t, "asked")
		child, err := parent.Narrow(asked)
		if err != nil {
			if codeOf(err) != wire.NotAllowed || !opensMore(asked, parent) {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		forEachCall(func(to name.Name, method string, now int64) {
			permits := child.Permits(to, method, now) == nil
			both := parent.Permits(to, method, now) == nil && asked.Permits(to, method, now) == nil
			if permits != both {
				t.Fatalf("%s of %s at %d: child %v, parent and asked %v", method, to, now, permits, both)
			}
		})
	})
}

// opensMore tells whether some call is permitted by a and not by b, the end aside.
func opensMore(a, b Scope) bool {
	a.Expires, b.Expires = 0, 0
	more := false
	forEachCall(func(to name.Name, method string, now int64) {
		more = more || a.Permits(to, method, now) == nil && b.Permits(to, method, now) != nil
	})
	return more
}

func forEachCall(visit func(to name.Name, method string, now int64)) {
	for _, to := range []string{"t:a/x", "t:b/x", "t:a/y", "u:a/x", "u:b/x", "v:a/x", "t:a/x@h"} {
		for _, method := range []string{"", "A", "B", "C", "D"} {
			for now := range int64(6) {
				visit(must(to), method, now)
			}
		}
	}
}

func TestMAP10_ScopesNameMaps(t *testing.T) {
	s := Scope{Methods: []string{"board", "Add"}}
	to := must("t:alice/home")
	if s.Permits(to, "board", 0) != nil || s.Permits(to, "", 0) != nil || codeOf(s.Permits(to, "notes", 0)) != wire.NotAllowed {
		t.Error("the scope's maps don't count")
	}
	if err := s.Permits(to, "notes", 0); !strings.Contains(err.Error(), "narrowed to the method Add and the map board. Use one that opens the map notes of t:alice/home.") {
		t.Error(err)
	}
	if _, err := s.Narrow(Scope{Methods: []string{"notes"}}); err == nil || !strings.Contains(err.Error(), "the map notes lies outside") {
		t.Error(err)
	}
	if n, err := s.Narrow(Scope{Methods: []string{"board"}}); err != nil || !slices.Equal(n.Methods, []string{"board"}) {
		t.Error(n, err)
	}
}
