package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// bundle is one script or style sheet that pages load.
type bundle struct {
	Name  string // stable name under /wab/
	Entry string // source, from the module's root
	// Names are the assets whose hashed names the script holds, as NAME_FILE and NAME_INTEGRITY constants.
	Names map[string]string
}

// fixed are the bundles of the client, each after those it names.
var fixed = []bundle{
	{Name: "worker.js", Entry: "web/client/worker.ts", Names: map[string]string{"WASM": "wab.wasm"}},
	{Name: "methods.js", Entry: "web/client/methods-worker.ts", Names: map[string]string{"METHODS": "methods.wasm"}},
	{Name: "device.js", Entry: "web/client/device-run.ts"},
	{Name: clientName, Entry: "web/client/client.ts", Names: map[string]string{
		"WORKER": "worker.js", "METHODS_WORKER": "methods.js", "DEVICE": "device.js",
	}},
	{Name: "embed.js", Entry: "web/client/embed.ts"},
	{Name: "segment.js", Entry: "web/call/segment-worker.ts", Names: segmentation},
	{Name: "timeline-worker.js", Entry: "web/call/timeline/worker.ts"},
	{Name: "call.js", Entry: "web/call/index.ts", Names: map[string]string{"SEGMENT": "segment.js", "TIMELINE_WORKER": "timeline-worker.js"}},
	{Name: "bluetooth.js", Entry: "web/bluetooth/bluetooth.ts"},
}

// shared are the modules that page scripts load from beside them, instead of carrying copies of their own: by what scripts call them.
var shared = map[string]string{
	"@wabgo/client":           clientName,
	"@wabgo/client/bluetooth": "bluetooth.js",
	"@wabgo/client/call":      "call.js",
}

// clientName is the bundle that all page scripts share instead of carrying their own copy.
const clientName = "wab.js"

// pageGlobs find the pages' scripts and styles. web/ui/x.ts becomes ui-x.js, examples/counter/page/x.ts counter-x.js.
var pageGlobs = []struct{ glob, prefix string }{
	{"web/ui/*.ts", "ui"}, {"web/ui/*.css", "ui"},
	{"examples/*/page/*.ts", ""}, {"examples/*/page/*.css", ""},
}

// planBundles lists all bundles in the order to make them.
func planBundles(root string) ([]bundle, error) {
	plan := append([]bundle(nil), fixed...)
	for _, g := range pageGlobs {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(g.glob)))
		if err != nil {
			return nil, err
		}
		sort.Strings(paths)
		for _, p := range paths {
			if strings.HasSuffix(p, ".test.ts") || strings.HasSuffix(p, ".d.ts") {
				continue
			}
			rel, _ := filepath.Rel(root, p)
			plan = append(plan, bundle{Name: pageName(filepath.ToSlash(rel), g.prefix), Entry: rel})
		}
	}
	return plan, nil
}

func pageName(rel, prefix string) string {
	base := filepath.Base(rel)
	if prefix == "" {
		prefix = strings.Split(rel, "/")[1]
	}
	if strings.HasSuffix(base, ".ts") {
		base = strings.TrimSuffix(base, ".ts") + ".js"
	}
	return prefix + "-" + base
}

// make bundles one entry against the assets made so far.
func (b bundle) make(root string, out *output) ([]byte, error) {
	exec, err := wasmExec()
	if err != nil {
		return nil, err
	}
	define := map[string]string{}
	for key, name := range b.Names {
		a := out.m.Assets[name]
		define[key+"_FILE"] = fmt.Sprintf("%q", a.File)
		define[key+"_INTEGRITY"] = fmt.Sprintf("%q", a.Integrity)
	}
	opts := options(root, define)
	opts.EntryPoints = []string{filepath.Join(root, b.Entry)}
	opts.MinifySyntax, opts.MinifyWhitespace, opts.MinifyIdentifiers = true, true, true
	opts.Plugins = []api.Plugin{wasmExecPlugin(exec), sharedPlugin(b.Name, out)}
	res := api.Build(opts)
	if err := messages(res.Errors); err != nil {
		return nil, fmt.Errorf("bundle %s:\n%w", b.Name, err)
	}
	return res.OutputFiles[0].Contents, nil
}

// options are what all our bundles have in common: modules for browsers of 2023 and later.
func options(root string, define map[string]string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir: root,
		Bundle:        true,
		Charset:       api.CharsetUTF8,
		Define:        define,
		Format:        api.FormatESModule,
		LegalComments: api.LegalCommentsInline,
		LogLevel:      api.LogLevelSilent,
		Outdir:        filepath.Join(root, "web", "dist"),
		Platform:      api.PlatformBrowser,
		Target:        api.ES2022,
		Write:         false,
	}
}

// wasmExecPlugin resolves "wasm_exec" to the Go installation's file.
func wasmExecPlugin(path string) api.Plugin {
	return api.Plugin{Name: "wasm_exec", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^wasm_exec$`}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: path}, nil
		})
	}}
}

// sharedPlugin makes scripts load the shared modules that stand beside them under /wab/, as far as they are made by then, and are not the script itself.
func sharedPlugin(script string, out *output) api.Plugin {
	return api.Plugin{Name: "shared", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: `^@wabgo/client(/|$)`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			name, ok := shared[args.Path]
			a, made := out.m.Assets[name]
			if !ok || !made || name == script {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: "./" + a.File, External: true}, nil
		})
	}}
}

// messages joins esbuild's errors, each with its place.
func messages(list []api.Message) error {
	var errs []error
	for _, s := range api.FormatMessages(list, api.FormatMessagesOptions{Kind: api.ErrorMessage}) {
		errs = append(errs, errors.New(strings.TrimSpace(s)))
	}
	return errors.Join(errs...)
}
