package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	// Servers under load, those in children too, tell errors only.
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// run is main with its surroundings as parameters.
func run(ctx context.Context, args []string, out, progress io.Writer) int {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(progress)
	names := f.String("run", "", "`name` of the bench to run, several with commas; all by default")
	asJSON := f.Bool("json", false, "one JSON object a line instead of a table")
	list := f.Bool("list", false, "list the benches and end")
	as := f.String("child", "", "") // the suite starts its own binary in other roles
	profile := f.String("profile", "", "`folder` for CPU and heap profiles of what is measured")
	if err := f.Parse(args); err != nil {
		return exitUsage
	}
	profiles = *profile
	switch {
	case *as != "":
		return told(progress, runChild(ctx, *as, f.Args()))
	case f.NArg() > 0:
		fmt.Fprintf(progress, "bench: %q is no flag; benches are named by -run\n", f.Arg(0))
		return exitUsage
	case *list:
		printList(out)
		return exitOK
	}
	chosen, err := choose(*names)
	if err != nil {
		fmt.Fprintln(progress, err)
		return exitUsage
	}
	return told(progress, runAll(ctx, chosen, newReport(out, progress, *asJSON)))
}

func told(progress io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(progress, "bench:", err)
	return exitFailed
}

// choose finds benches by their names.
func choose(names string) ([]bench, error) {
	if names == "" {
		return benches, nil
	}
	var chosen []bench
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		b, ok := find(name)
		if !ok {
			return nil, fmt.Errorf("bench: there is no bench %q; there are %s", name, strings.Join(benchNames(), ", "))
		}
		chosen = append(chosen, b)
	}
	return chosen, nil
}

func runAll(ctx context.Context, chosen []bench, r *report) error {
	defer r.close()
	for _, b := range chosen {
		r.begin(b)
		if err := b.run(ctx, r); err != nil {
			if ctx.Err() != nil {
				err = errors.New("interrupted")
			}
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return nil
}
