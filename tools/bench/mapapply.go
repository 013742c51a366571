package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/wabgo/wab/web"
)

const (
	applyScript = "tools/bench/mapapply/apply.ts"
	applyRounds = 9
	applyDeltas = 100_000
	applyKeys   = 10_000
	applyPer    = 100 // deltas a message
)

// benchMapApply measures what a page's replica costs the browser, in node.
func benchMapApply(ctx context.Context, r *report) error {
	dir, gone, err := scratch()
	if err != nil {
		return err
	}
	defer gone()
	args, err := prepareApply(ctx, dir)
	if err != nil {
		return err
	}
	var all []applied
	err = runNode(ctx, args, func(text []byte) error {
		var a applied
		err := json.Unmarshal(text, &a)
		all = append(all, a)
		r.say("%d deltas: core %.0f ms, page %.0f ms; plain JavaScript %.0f ms, Yjs %.0f ms; a read %.0f ns, of a Map %.0f ns", applyDeltas, a.WasmMs, a.PageMs, a.JSMs, a.YjsMs, a.ReadNs, a.MapNs)
		return err
	})
	if err == nil && len(all) == 0 {
		err = errors.New("node has measured nothing")
	}
	if err != nil {
		return err
	}
	reportApply(r, all)
	return nil
}

// applied is a round, as apply.ts prints it.
type applied struct {
	WasmMs, PageMs float64 // in the worker, and in the page
	JSMs, YjsMs    float64
	ReadNs, MapNs  float64
}

// prepareApply makes the script, with its libraries, and unpacks the core that browsers get.
func prepareApply(ctx context.Context, dir string) (args []string, err error) {
	core, err := web.Read("wab.wasm")
	if err != nil {
		return nil, fmt.Errorf("the browser's side is not built, see make assets: %w", err)
	}
	wasm, script := filepath.Join(dir, "wab.wasm"), filepath.Join(dir, "apply.mjs")
	if err := os.WriteFile(wasm, core, 0o600); err != nil {
		return nil, err
	}
	if _, err := os.Stat(applyScript); err != nil {
		return nil, fmt.Errorf("run it from the module's root: %w", err)
	}
	built := api.Build(api.BuildOptions{
		EntryPoints: []string{applyScript}, Outfile: script, Write: true, Bundle: true,
		Format: api.FormatESModule, Target: api.ES2022, Platform: api.PlatformBrowser, External: []string{"node:*"}, LogLevel: api.LogLevelSilent,
	})
	for _, m := range built.Errors {
		return nil, fmt.Errorf("%s: %s (is everything installed? make deps tells)", applyScript, m.Text)
	}
	goroot, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	support := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "wasm_exec.js")
	return []string{script, support, wasm, itoa(applyRounds), itoa(applyDeltas), itoa(applyKeys), itoa(applyPer)}, err
}

// runNode runs a script and hands over the lines that it prints.
func runNode(ctx context.Context, args []string, take func([]byte) error) error {
	cmd := exec.CommandContext(ctx, "node", args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("node is needed for this bench: %w", err)
	}
	for in := bufio.NewScanner(out); in.Scan() && err == nil; {
		err = take(in.Bytes())
	}
	if failed := cmd.Wait(); failed != nil {
		return fmt.Errorf("node: %w\n%s", failed, complaints.Bytes())
	}
	return err
}

func reportApply(r *report, all []applied) {
	take := func(of func(applied) float64) float64 {
		var values []float64
		for _, a := range all {
			values = append(values, of(a))
		}
		return median(values)
	}
	r.add("core_ms", take(func(a applied) float64 { return a.WasmMs }), "ms")
	r.add("page_ms", take(func(a applied) float64 { return a.PageMs }), "ms")
	r.add("js_ms", take(func(a applied) float64 { return a.JSMs }), "ms")
	r.add("yjs_ms", take(func(a applied) float64 { return a.YjsMs }), "ms")
	r.add("ratio_to_js", take(func(a applied) float64 { return a.WasmMs / a.JSMs }), "ratio")
	r.add("ratio_to_yjs", take(func(a applied) float64 { return a.WasmMs / a.YjsMs }), "ratio")
	r.add("page_ratio_to_js", take(func(a applied) float64 { return a.PageMs / a.JSMs }), "ratio")
	r.add("whole_ratio_to_js", take(func(a applied) float64 { return (a.WasmMs + a.PageMs) / a.JSMs }), "ratio")
	r.add("whole_ratio_to_yjs", take(func(a applied) float64 { return (a.WasmMs + a.PageMs) / a.YjsMs }), "ratio")
	r.add("read_ns", take(func(a applied) float64 { return a.ReadNs }), "ns")
	r.add("read_ratio_to_map", take(func(a applied) float64 { return a.ReadNs / a.MapNs }), "ratio")
	r.note("%d deltas of one entry each, %d in a message, %d entries. core: applied in WebAssembly, in the worker, and handed on.", applyDeltas, applyPer, applyKeys)
	r.note("page: decoded into the page's Map, on another thread. whole: both added. js: cbor-x and a Map; yjs: Y.Map, a transaction a message.")
}
