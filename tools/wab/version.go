package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/wabgo/wab/web"
)

func version(args []string, out, errs io.Writer) error {
	f := newFlags("version", "version", "Says which build this is.", errs)
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	fmt.Fprintf(out, "wab %s, assets %s, %s %s/%s\n", revision(), web.BuildID(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// revision is the module's version, or the commit that it was built from.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "(devel)"
}
