package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// command is one thing that wab does. run gets the arguments after the command's name.
type command struct {
	name, line string
	run        func(args []string, out, errs io.Writer) error
}

func commands() []command {
	return []command{
		{"serve", "serve the apps until told to stop", serve},
		{"token", "mint a token for an owner", token},
		{"check", "tell what clients of a server can't reach, and what to do", checkServer},
		{"types", "print an app's methods as TypeScript, for connect<T>() in its pages", types},
		{"version", "say which build this is", version},
	}
}

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// errUsage has been explained already.
var errUsage = errors.New("usage")

// run returns the exit code: 0 done, 1 failed, 2 asked in a wrong way.
func run(args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		usage(errs)
		return 2
	}
	name, rest := args[0], args[1:]
	if name == "help" || name == "-h" || name == "-help" || name == "--help" {
		return help(rest, out, errs)
	}
	for _, c := range commands() {
		if c.name == name {
			return report(c.run(rest, out, errs), errs)
		}
	}
	fmt.Fprintf(errs, "wab: there is no command %q; run wab help\n", name)
	return 2
}

// help explains all commands, or one.
func help(args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		usage(out)
		return 0
	}
	return run([]string{args[0], "--help"}, out, out)
}

func usage(w io.Writer) {
	fmt.Fprint(w, "wab serves collaborative apps.\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  wab %-8s  %s\n", c.name, c.line)
	}
	fmt.Fprint(w, "\nwab help COMMAND lists its flags. To begin: wab serve --dev\n")
}

// report writes one line for what went wrong.
func report(err error, errs io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintln(errs, "wab: "+oneLine(err))
	return 1
}

func oneLine(err error) string {
	text := strings.TrimPrefix(strings.TrimSpace(err.Error()), "wab: ")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
