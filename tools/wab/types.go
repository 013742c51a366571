package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/wabgo/wab/server"
)

const typesAbout = `Prints what TypeScript needs to know of an app: the methods that can be requested, with the types of arguments and results, for connect<T>(). As in:

  wab types counter > counter.types.ts

Parameters are called arg1, arg2 and so on, for Go keeps no names of them. A server of your own, made with server.Main, has this as the flag -types.`

func types(args []string, out, errs io.Writer) error {
	f := newFlags("types", "types APP", typesAbout, errs)
	others, err := parse(f, args, 1)
	if err != nil {
		return err
	}
	var names []string
	for _, app := range apps() {
		if app.Name == others[0] {
			text, err := server.TypeScript(app)
			fmt.Fprint(out, text)
			return err
		}
		names = append(names, app.Name)
	}
	return fmt.Errorf("there is no app %q here; there are %s", others[0], strings.Join(names, ", "))
}
