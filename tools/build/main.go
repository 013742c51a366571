package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	force := flag.Bool("force", false, "build even when no input has changed")
	check := flag.Bool("check", false, "run the TypeScript checker instead of building")
	test := flag.Bool("test", false, "run the TypeScript tests instead of building")
	flag.Parse()
	if err := run(*force, *check, *test); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func run(force, check, test bool) error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	if !check && !test {
		return build(root, force)
	}
	if check {
		err = checkTypes(root)
	}
	if test {
		err = errors.Join(err, testScripts(root))
	}
	return err
}

// findRoot goes up from the working folder to the module's.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "go.mod")); err == nil {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no go.mod above %s: run it inside the module", dir)
		}
	}
}

// build brings web/dist up to date with its sources.
func build(root string, force bool) error {
	unlock, err := lockBuild(root)
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	defer unlock()
	start := time.Now()
	if err := generateTempl(root); err != nil {
		return err
	}
	dist := filepath.Join(root, "web", "dist")
	inputs, err := hashInputs(root)
	if err != nil {
		return fmt.Errorf("read inputs: %w", err)
	}
	if !force && upToDate(dist, inputs) {
		say("web/dist is up to date")
		return nil
	}
	out := newOutput(dist)
	if err := buildAll(root, out); err != nil {
		return err
	}
	if err := out.finish(inputs); err != nil {
		return err
	}
	say("web/dist built in %.1f s", time.Since(start).Seconds())
	return nil
}

// buildAll makes the assets in the order in which they name each other.
func buildAll(root string, out *output) error {
	for _, m := range modules {
		code, err := m.compile(root)
		if err != nil {
			return err
		}
		if err := out.add(m.name, code); err != nil {
			return err
		}
	}
	if err := copyAll(root, out); err != nil {
		return err
	}
	plan, err := planBundles(root)
	if err != nil {
		return err
	}
	for _, b := range plan {
		code, err := b.make(root, out)
		if err != nil {
			return err
		}
		if err := out.add(b.Name, code); err != nil {
			return err
		}
	}
	return nil
}

func say(format string, args ...any) { fmt.Printf("build: "+format+"\n", args...) }
