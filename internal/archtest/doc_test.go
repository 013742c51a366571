package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEveryPackageHasOneCommentInDocGo(t *testing.T) {
	for _, p := range load(t) {
		var commented []string
		for _, file := range p.files {
			if text := packageComment(t, file); text != "" {
				commented = append(commented, filepath.Base(file))
				checkOpening(t, p, text)
			}
		}
		if !slices.Equal(commented, []string{"doc.go"}) {
			t.Errorf("%s has its package comment in %v: it belongs into doc.go, once", p.path, commented)
		}
	}
}

func packageComment(t *testing.T, file string) string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	if ast.IsGenerated(tree) {
		return ""
	}
	return tree.Doc.Text()
}

// checkOpening asks for the words that go doc expects: of programs the command's name will do.
func checkOpening(t *testing.T, p pkg, text string) {
	t.Helper()
	if p.name == "main" {
		return
	}
	if !strings.HasPrefix(text, "Package "+p.name+" ") {
		t.Errorf("%s: its comment does not begin with %q", p.path, "Package "+p.name)
	}
}

func TestNoDrawers(t *testing.T) {
	drawers := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "base"}
	for _, p := range load(t) {
		if slices.Contains(drawers, p.name) || slices.Contains(drawers, filepath.Base(p.path)) {
			t.Errorf("%s: name the package by the idea that it holds", p.path)
		}
	}
}
