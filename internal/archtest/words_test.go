package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestErrorsForPeopleAreSentences reads every message that is given to wire.Err or wire.Retry as it stands in the source: a capital letter first, a full stop last. Where one is
// put together, its first and last pieces are judged.
func TestErrorsForPeopleAreSentences(t *testing.T) {
	seen := 0
	for _, p := range load(t) {
		for _, file := range p.files {
			for _, call := range wireErrors(t, file) {
				seen++
				if flaw := sentenceFlaw(call.Args[1]); flaw != "" {
					t.Errorf("%s: %s", p.path, flaw)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d messages found", seen)
	}
}

func wireErrors(t *testing.T, path string) (calls []*ast.CallExpr) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && len(call.Args) >= 2 && makesError(call.Fun) {
			calls = append(calls, call)
		}
		return true
	})
	return calls
}

func makesError(fun ast.Expr) bool {
	selector, ok := fun.(*ast.SelectorExpr)
	if !ok || selector.Sel.Name != "Err" && selector.Sel.Name != "Retry" {
		return false
	}
	pkg, ok := selector.X.(*ast.Ident)
	return ok && pkg.Name == "wire"
}

func sentenceFlaw(message ast.Expr) string {
	first, last := pieces(message)
	if r, _ := utf8.DecodeRuneInString(first); first != "" && !unicode.IsUpper(r) {
		return strconv.Quote(first) + " begins without a capital letter"
	}
	if last != "" && !strings.HasSuffix(last, ".") {
		return strconv.Quote(last) + " ends without a full stop"
	}
	return ""
}

// pieces are the literals that a message begins and ends with; empty where it begins or ends with something else.
func pieces(e ast.Expr) (first, last string) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text, text
	case *ast.BinaryExpr:
		first, _ = pieces(e.X)
		_, last = pieces(e.Y)
	case *ast.CallExpr: // fmt.Sprintf
		if len(e.Args) > 0 {
			return pieces(e.Args[0])
		}
	}
	return first, last
}
