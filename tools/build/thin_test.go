package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldIsTheInverseOfUnfold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var memory []byte
		for range rapid.IntRange(0, 10).Draw(t, "runs") {
			memory = append(memory, make([]byte, rapid.IntRange(0, 200).Draw(t, "zeros"))...)
			memory = append(memory, rapid.SliceOf(rapid.Byte()).Draw(t, "data")...)
		}
		got, err := unfold(fold(memory))
		if err != nil || !bytes.Equal(got, bytes.TrimRight(memory, "\x00")) {
			t.Fatalf("%x, %v, want %x", got, err, memory)
		}
	})
}

func TestUnfoldRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, bad := range []string{"\x01", "\x01\x01\x41\x00\x0b\x00", "\x01\x00\x42\x00\x0b\x00", "\x01\x00\x41\x7f\x0b\x00", "\x01\x00\x41\x00\x0b\x00x", "\x00x", "\x01\x00\x41\xff\xff\xff\xff\xff\x7f\x0b\x00"} {
		if memory, err := unfold([]byte(bad)); err == nil {
			t.Errorf("%q is %q", bad, memory)
		}
	}
	for _, bad := range []string{"", "\x00asm\x01\x00\x00\x00", "\x00asm\x01\x00\x00\x00\x0b\x05\x00", "\x00asm\x01\x00\x00\x00\x0c\x01\x00\x0b\x01\x00", "\x00asm\x01\x00\x00\x00\x0b\x01\x00"} {
		if out, err := thin([]byte(bad)); err == nil {
			t.Errorf("%q becomes %q", bad, out)
		}
	}
}

// crasher runs the collector while stacks are deep and deferred calls wait, recovers from panics, and then crashes.
const crasher = `package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type node struct{ next *node }

//go:noinline
func deep(n int, list *node) (sum int) {
	defer func() { sum++ }()
	if n == 0 {
		runtime.GC()
		var none *node
		defer func() { recover() }()
		none.next = list
		return 0
	}
	kept := &node{list}
	sum = deep(n-1, kept)
	if kept.next != list {
		panic("lost")
	}
	return sum
}

// churn keeps few of the things that it makes, of many shapes, and finds them as they were.
func churn(seed int) {
	kept := map[string][]any{}
	for i := range 2000 {
		key := fmt.Sprint("key ", (i*seed)%50)
		text := strings.Repeat(key, i%20)
		kept[key] = []any{text, func() string { return text }, &node{}, map[int]string{i: text}, i}
		if old := kept[key]; old[1].(func() string)() != old[3].(map[int]string)[old[4].(int)] {
			panic("lost")
		}
	}
}

func main() {
	debug.SetGCPercent(1)
	done := make(chan int)
	for seed := range 5 {
		go func() { churn(seed + 1); done <- 1001 }()
	}
	for range 10 {
		go func() { done <- deep(1000, nil) }()
	}
	for range 15 {
		if n := <-done; n != 1001 {
			println("deep is", n)
		}
	}
	println("fine so far", strings.Count(string(debug.Stack()), "main.main("))
	panic("as it should")
}
`

// TestAThinModuleRuns asks for what reads the linker's tables: the collector, deferred calls, recovery, and the trace of a crash.
func TestAThinModuleRuns(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module crasher\n\ngo 1.26\n", "main.go": crasher} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, err := module{name: "crasher", goos: "js", program: ".", flags: stripped}.compile(dir)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "crasher.wasm")
	if err := os.WriteFile(file, code, 0o644); err != nil {
		t.Fatal(err)
	}
	support, err := wasmExec()
	if err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("node", filepath.Join(filepath.Dir(support), "wasm_exec_node.js"), file).CombinedOutput()
	for _, want := range []string{"fine so far 1", "panic: as it should", "main.main("} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in what it says: %s", want, out)
		}
	}
	if strings.Contains(string(out), "deep is") {
		t.Errorf("it went wrong: %s", out)
	}
}

// TestTablesOfAnotherGoVersionAreRefused changes one field of what the runtime's sources say.
func TestTablesOfAnotherGoVersionAreRefused(t *testing.T) {
	root, err := goRoot()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkTables(filepath.Join(root, "src")); err != nil {
		t.Error(err)
	}
	src := t.TempDir()
	if err := os.Mkdir(filepath.Join(src, "runtime"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := checkTables(src); err == nil {
		t.Error("nothing is there")
	}
	for _, name := range []string{"runtime2.go", "symtab.go"} {
		text, err := os.ReadFile(filepath.Join(root, "src", "runtime", name))
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.ReplaceAll(string(text), "\tpcln      uint32\n", "\tpcln      uint32\n\tpccolumn  uint32\n")
		if err := os.WriteFile(filepath.Join(src, "runtime", name), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkTables(src); err == nil || !strings.Contains(err.Error(), "pccolumn") {
		t.Error(err)
	}
}
