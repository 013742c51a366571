package archtest

import (
	"errors"
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/wabgo/wab"

// A pkg is one package of the module, as its sources say.
type pkg struct {
	path    string // within the module, "internal/name"
	dir     string
	name    string
	imports []string // of all platforms together
	files   []string // all that are not tests, of any platform, with their directory
}

// platforms are those whose imports are judged.
var platforms = []struct{ os, arch string }{{"linux", "amd64"}, {"js", "wasm"}}

// load reads all packages of the module, without running anything.
func load(t *testing.T) []pkg {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []pkg
	err = filepath.WalkDir(root, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if dir != root && ignored(entry.Name()) {
			return fs.SkipDir
		}
		p, err := read(root, dir)
		if err == nil && p.name != "" {
			pkgs = append(pkgs, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 5 {
		t.Fatalf("only %d packages found under %s", len(pkgs), root)
	}
	return pkgs
}

// ignored are directories that the go command passes over, and what npm brings.
func ignored(dir string) bool {
	return dir == "testdata" || dir == "node_modules" || dir == "vendor" || strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_")
}

func read(root, dir string) (pkg, error) {
	rel, err := filepath.Rel(root, dir)
	if err != nil {
		return pkg{}, err
	}
	p := pkg{path: filepath.ToSlash(rel), dir: dir}
	for _, on := range platforms {
		ctx := build.Default
		ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = on.os, on.arch, false
		found, err := ctx.ImportDir(dir, 0)
		var none *build.NoGoError
		if err != nil && !errors.As(err, &none) {
			return pkg{}, err
		}
		p.add(found)
	}
	return p, nil
}

func (p *pkg) add(found *build.Package) {
	if len(found.GoFiles)+len(found.IgnoredGoFiles) > 0 && found.Name != "" {
		p.name = found.Name
	}
	for _, file := range slices.Concat(found.GoFiles, found.IgnoredGoFiles) {
		if !strings.HasSuffix(file, "_test.go") {
			p.files = append(p.files, filepath.Join(p.dir, file))
		}
	}
	p.imports = append(p.imports, found.Imports...)
	for _, list := range []*[]string{&p.files, &p.imports} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
}

// within tells whether a path is a directory or lies below it.
func within(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
