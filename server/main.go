package server

import (
	"flag"
	"fmt"
	"os"
)

// Main is the whole main function of an app: it serves it, with the flags -addr, -data and -dev, until the process is told to stop. The wab command has more.
func Main(apps ...App) {
	o := Options{}
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	flag.StringVar(&o.Data, "data", "data", "`folder` for all that is kept")
	flag.BoolVar(&o.Dev, "dev", false, "let anybody sign in as a guest: for development only")
	flag.Parse()
	if err := Serve(UntilSignal(), o, apps...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
