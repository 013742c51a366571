package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
)

// coreBudget is what wab.wasm may weigh, Brotli-compressed, in bytes. The Go runtime's floor is 418,000 of them.
const coreBudget = 480_000

// forbidden are imports that the core can't afford, each with what it weighs in kB of Brotli where that was measured.
var forbidden = map[string]string{
	"fmt": "110", "context": "73 with time", "time": "40", "sort": "", "encoding/json": "206", "encoding/binary": "reflect", "encoding/hex": "fmt",
	"reflect": "fmt's larger half", "net": "", "net/http": "510", "os": "", "syscall/js": "23", "crypto/rand": "", "math/rand": "", "math/rand/v2": "",
	"regexp": "", "log": "", "log/slog": "", "bufio": "", "text/template": "",
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCoreImportsNothingHeavy(t *testing.T) {
	cmd := exec.Command("go", "list", "-deps", "./wasm/core")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if weight, bad := forbidden[dep]; bad {
			t.Errorf("wasm/core imports %s (%s kB): find out who with go list -deps, and do without", dep, weight)
		}
	}
}

// The build runs as a program of its own: compressing takes a minute under the race detector.
func TestCoreKeepsItsBudget(t *testing.T) {
	dir := root(t)
	cmd := exec.Command("go", "run", "./tools/build")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m, err := readManifest(filepath.Join(dir, "web", "dist"))
	if err != nil {
		t.Fatal(err)
	}
	core := m.Assets["wab.wasm"]
	t.Logf("wab.wasm: %d bytes, Brotli %d, gzip %d; budget %d", core.Size, core.Brotli, core.Gzip, coreBudget)
	if core.Brotli == 0 || core.Brotli > coreBudget {
		t.Errorf("wab.wasm weighs %d bytes with Brotli, its budget is %d", core.Brotli, coreBudget)
	}
}

// The client's tests in TypeScript run the real core in node against a scripted server.
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is not installed: the TypeScript tests need it")
	}
	if err := testScripts(root(t)); err != nil {
		t.Error(err)
	}
}

func TestTypes(t *testing.T) {
	dir := root(t)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", ".bin", "tsc")); err != nil {
		t.Fatal("the TypeScript checker is not installed: run npm ci")
	}
	if err := checkTypes(dir); err != nil {
		t.Error(err)
	}
}

func TestPagesScriptsAreNamedAfterTheirFolder(t *testing.T) {
	for _, c := range []struct{ rel, prefix, want string }{
		{"web/ui/theme.ts", "ui", "ui-theme.js"},
		{"web/ui/main.css", "ui", "ui-main.css"},
		{"examples/counter/page/main.ts", "", "counter-main.js"},
	} {
		if got := pageName(c.rel, c.prefix); got != c.want {
			t.Errorf("%s: %s, want %s", c.rel, got, c.want)
		}
	}
}

func TestCompressedTwinsHoldTheSame(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	data := bytes.Repeat([]byte("wab "), 1000)
	for range 2 { // made, then from the cache
		br, gz, err := compress(data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(brotli.NewReader(bytes.NewReader(br)))
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("Brotli gives %d bytes back, %v", len(got), err)
		}
		if len(gz) == 0 || len(gz) > len(data) {
			t.Errorf("gzip has %d bytes", len(gz))
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	dir := t.TempDir()
	for i := range 10 {
		file := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		at := time.Unix(int64(1000+i), 0)
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	pruneCache(dir, 3)
	if got := names(t, dir); !slices.Equal(got, []string{"h", "i", "j"}) {
		t.Errorf("kept %q", got)
	}
}

func TestOutputIsCompleteAndRemovesTheOld(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dist := t.TempDir()
	for _, content := range []string{"one", "two"} {
		out := newOutput(dist)
		if err := out.add("wab.js", []byte(content)); err != nil {
			t.Fatal(err)
		}
		if err := out.finish(content); err != nil {
			t.Fatal(err)
		}
		if !upToDate(dist, content) {
			t.Error("what was just built is not up to date")
		}
	}
	if upToDate(dist, "one") {
		t.Error("other inputs count as up to date")
	}
	files := names(t, dist)
	if len(files) != 5 { // the asset, two twins, manifest, stamp
		t.Errorf("dist holds %q", files)
	}
	if err := os.Remove(filepath.Join(dist, files[len(files)-1])); err != nil {
		t.Fatal(err)
	}
	if upToDate(dist, "two") {
		t.Error("a missing file counts as up to date")
	}
}

func TestInputsAreSeenToChange(t *testing.T) {
	dir := t.TempDir()
	write := func(rel, content string) {
		t.Helper()
		if err := writeFile(filepath.Join(dir, rel), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	hash := func() string {
		t.Helper()
		h, err := hashInputs(dir)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	write("web/client/a.ts", "1")
	before := hash()
	write("web/client/a.test.ts", "tests are no input")
	write("web/dist/wab.js", "nor is the output")
	write("internal/x/x_test.go", "")
	if hash() != before {
		t.Error("a file that is no input changed the hash")
	}
	for _, rel := range []string{"web/client/a.ts", "web/client/b.ts", "internal/x/x.go", "go.mod", "wasm/core/main.go", "web/ui/main.css"} {
		write(rel, "2")
		after := hash()
		if after == before {
			t.Errorf("%s is an input and changed nothing", rel)
		}
		before = after
	}
}

func TestStaleTemplatesAreFound(t *testing.T) {
	dir := t.TempDir()
	touch := func(rel string, at int64) {
		t.Helper()
		path := filepath.Join(dir, rel)
		if err := writeFile(path, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Unix(at, 0), time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
	}
	touch("ui/fresh.templ", 100)
	touch("ui/fresh_templ.go", 200)
	touch("ui/older.templ", 300)
	touch("ui/older_templ.go", 200)
	touch("ui/new.templ", 100)
	touch("node_modules/x/y.templ", 100)
	got, err := staleTemplates(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join("ui", "new.templ"), filepath.Join("ui", "older.templ")}; !slices.Equal(got, want) {
		t.Errorf("stale: %q, want %q", got, want)
	}
}

func TestOneBuildAtATime(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	unlock, err := lockBuild("/somewhere")
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan func())
	go func() {
		unlock, err := lockBuild("/somewhere")
		if err != nil {
			t.Error(err)
		}
		second <- unlock
	}()
	other, err := lockBuild("/elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	other()
	select {
	case <-second:
		t.Fatal("two builds hold the lock")
	default:
	}
	unlock()
	(<-second)()
}

func TestAKilledBuildHoldsNobodyUp(t *testing.T) {
	dead := exec.Command("true")
	if err := dead.Run(); err != nil {
		t.Skip(err)
	}
	for _, holder := range []string{strconv.Itoa(dead.Process.Pid), "", "nonsense"} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, []byte(holder), 0o644); err != nil {
			t.Fatal(err)
		}
		if !abandoned(path) {
			t.Errorf("a lock of %q counts as held", holder)
		}
	}
}

func TestABrokenScriptNamesItsPlace(t *testing.T) {
	dir := t.TempDir()
	if err := writeFile(filepath.Join(dir, "bad.ts"), []byte("const x = ;\n")); err != nil {
		t.Fatal(err)
	}
	_, err := bundle{Name: "bad.js", Entry: "bad.ts"}.make(dir, newOutput(dir))
	if err == nil || !strings.Contains(err.Error(), "bad.ts:1") {
		t.Errorf("got %v", err)
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
