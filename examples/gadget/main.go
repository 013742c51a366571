package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/wabgo/wab/wasm/client"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage(out)
		return 0
	}
	if err == nil {
		err = live(ctx, o, out, errs)
	}
	if err == nil || ctx.Err() != nil {
		return 0
	}
	fmt.Fprintln(errs, "gadget: "+inWords(err))
	return exitCode(err)
}

// live is the gadget from the beginning to the end.
func live(ctx context.Context, o options, out, errs io.Writer) error {
	f := newFace(o, out, errs)
	outputs := outputs{f}
	if o.file != "" {
		file, err := openFile(o.file)
		if err != nil {
			f.Close()
			return err
		}
		outputs = append(outputs, file)
	}
	g := &gadget{options: o, face: f, output: outputs, print: printer(o, out)}
	return errors.Join(g.live(ctx), outputs.Close())
}

// usageError is what is wrong with how it was started.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func exitCode(err error) int {
	var usage usageError
	var coded *client.Error
	switch errors.As(err, &coded); {
	case errors.As(err, &usage):
		return 2
	case coded != nil && coded.Code == client.Unauthenticated:
		return 3
	case coded != nil && coded.Code == client.Conflict:
		return 4
	}
	return 1
}

// inWords is an error in one line, for people.
func inWords(err error) string {
	text := err.Error()
	var usage usageError
	var coded *client.Error
	if errors.As(err, &coded) {
		text = coded.Message
	}
	if errors.As(err, &usage) {
		text += " See --help."
	}
	return strings.ReplaceAll(text, "\n", " ")
}
