package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// pure rooms have no I/O and no goroutines; what they do depends on their arguments alone.
var pure = []string{
	"internal/name", "internal/cbor", "internal/wire", "internal/policy", "internal/link",
	"internal/sharedmap", "internal/follow", "internal/clocksync", "internal/bundle", "internal/due", "internal/dial", "internal/dance",
	"internal/sky",
}

// notPure lies in the folder of a pure room without being one.
var notPure = []string{"internal/cbor/jsoncbor"}

// allowed is all that pure rooms may import from the standard library. Each one costs the browser next to nothing.
var allowed = []string{
	"bytes", "cmp", "errors", "iter", "math", "math/bits", "slices", "strconv", "strings", "unicode/utf8", "unsafe",
}

// forbidden tells why, for what somebody is likely to reach for. In the browser core nothing may bring these in, not even by
// another package. Sizes are brotli, on top of 441 KB for the runtime itself.
var forbidden = map[string]string{
	"time":          "instants are int64 microseconds, and who drives the package hands them in; it adds 40 KB",
	"context":       "pure code neither waits nor is cancelled; with time it adds 73 KB",
	"fmt":           "errors are coded, and texts are put together by hand; it adds 125 KB",
	"sort":          "use slices; with strings it adds 20 KB",
	"net":           "no I/O; the worker's JavaScript owns the socket",
	"net/http":      "no I/O; it adds 500 KB",
	"encoding/json": "values are CBOR; it adds 206 KB",
	"os":            "no I/O; it brings in time and io/fs",
	"log":           "who drives the package logs; it brings in fmt",
	"log/slog":      "who drives the package logs; it brings in fmt",
}

// reasons against a direct import only: the runtime and syscall/js themselves may need the package.
var reasons = map[string]string{
	"reflect":      "encode and decode by hand",
	"sync":         "no goroutines, so nothing to lock: who drives the package serialises its calls",
	"sync/atomic":  "no goroutines, so nothing to share",
	"syscall/js":   "no I/O; the binding stands in wasm/core",
	"math/rand":    "who drives the package hands in its randomness",
	"math/rand/v2": "who drives the package hands in its randomness",
	"crypto/rand":  "who drives the package hands in its randomness",
}

func isPure(path string) bool { return listed(pure, path) && !listed(notPure, path) }

func TestPureRoomsImportLittle(t *testing.T) {
	for _, p := range load(t) {
		if !isPure(p.path) {
			continue
		}
		for _, imported := range p.imports {
			if !within(imported, module) && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s: %s", p.path, imported, why(imported))
			}
		}
	}
}

func why(imported string) string {
	for _, known := range []map[string]string{forbidden, reasons} {
		if reason := known[imported]; reason != "" {
			return reason
		}
	}
	return "it is not among the packages that pure rooms may import"
}

func TestPureRoomsStartNoGoroutine(t *testing.T) {
	for _, p := range load(t) {
		if !isPure(p.path) {
			continue
		}
		for _, file := range p.files {
			checkNoGoroutine(t, file)
		}
	}
}

func checkNoGoroutine(t *testing.T, file string) {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a pure package starts no goroutine", fset.Position(n.Pos()))
		case *ast.SelectStmt, *ast.ChanType:
			t.Errorf("%s: a pure package waits for nobody", fset.Position(n.Pos()))
		}
		return true
	})
}

const browserCore = "./wasm/core"

// The core's whole tree of dependencies counts, for that is what browsers download.
func TestBrowserCoreStaysSmall(t *testing.T) {
	for _, p := range load(t) { // makes a cached result depend on the sources
		if p.path == "wasm/core" && slices.Contains(p.imports, "reflect") {
			t.Errorf("wasm/core imports reflect: %s", why("reflect"))
		}
	}
	for _, dep := range browserDeps(t) {
		if reason := forbidden[dep]; reason != "" {
			t.Errorf("the browser core depends on %s: %s (go list -deps -f '{{.ImportPath}}: {{.Imports}}' %s shows how)", dep, reason, browserCore)
		}
		if own, ok := strings.CutPrefix(dep, module+"/"); ok && own != "wasm/core" && !isPure(own) {
			t.Errorf("the browser core depends on %s, which is not pure", own)
		}
	}
}

func browserDeps(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", browserCore)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}
