package main

import (
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// newFlags makes a command's flags; synopsis is its usage line, about a few words on it.
func newFlags(name, synopsis, about string, errs io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprintf(errs, "usage: wab %s\n\n%s\n\n", synopsis, about)
		f.VisitAll(func(g *flag.Flag) { printFlag(errs, g) })
	}
	return f
}

func printFlag(w io.Writer, g *flag.Flag) {
	value, text := flag.UnquoteUsage(g)
	left := "--" + g.Name
	if value != "" {
		left += " " + value
	}
	if g.DefValue != "" && g.DefValue != "false" && g.DefValue != "0" && g.DefValue != "0s" {
		text += " (" + g.DefValue + ")"
	}
	fmt.Fprintf(w, "  %-26s %s\n", left, text)
}

// parse takes flags and other arguments in any order, and checks how many of the others there are.
func parse(f *flag.FlagSet, args []string, want int) ([]string, error) {
	var others []string
	for {
		if err := f.Parse(args); err != nil {
			if err == flag.ErrHelp {
				return nil, err
			}
			return nil, errUsage // the flag package has said what is wrong
		}
		if f.NArg() == 0 {
			break
		}
		others, args = append(others, f.Arg(0)), f.Args()[1:]
	}
	if len(others) != want {
		fmt.Fprintf(f.Output(), "wab %s takes %d arguments, not %d\n", f.Name(), want, len(others))
		f.Usage()
		return nil, errUsage
	}
	return others, nil
}

// list is a flag that may be given several times, or once with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// span is a duration that may be given in days too: 30d.
type span time.Duration

func (d *span) String() string {
	if day := 24 * time.Hour; time.Duration(*d) >= day && time.Duration(*d)%day == 0 {
		return strconv.Itoa(int(time.Duration(*d)/day)) + "d"
	}
	return time.Duration(*d).String()
}

func (d *span) Set(s string) error {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		*d = span(time.Duration(n) * 24 * time.Hour)
		return err
	}
	v, err := time.ParseDuration(s)
	if err == nil && v < 0 {
		err = fmt.Errorf("it must not be negative")
	}
	*d = span(v)
	return err
}
