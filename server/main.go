package server

import (
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
)

// Main is the whole main function of an app: it serves it, with the flags -addr, -data, -dev and -open-network, until the process is told to stop. With -types and an app's name
// it prints the app's TypeScript and ends. The wab command has more.
func Main(apps ...App) {
	o := Options{}
	flag.StringVar(&o.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on")
	flag.StringVar(&o.Data, "data", "data", "`folder` for all that is kept")
	flag.BoolVar(&o.Dev, "dev", false, "let anybody sign in as a guest: for development only")
	flag.Func("open-network", "`CIDR` of a network that apps may call although it is not public, like 10.1.0.0/16; may be given several times", func(s string) error {
		p, err := netip.ParsePrefix(s)
		o.OpenNetworks = append(o.OpenNetworks, p)
		return err
	})
	types := flag.String("types", "", "print what TypeScript needs to know of this `app`, for connect<T>() in its pages, and end")
	flag.Parse()
	if *types != "" {
		end(printTypes(os.Stdout, *types, apps))
		return
	}
	end(Serve(UntilSignal(), o, apps...))
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func printTypes(out io.Writer, name string, apps []App) error {
	for _, app := range apps {
		if app.Name == name {
			text, err := TypeScript(app)
			_, _ = io.WriteString(out, text)
			return err
		}
	}
	return fmt.Errorf("wab: there is no app %q here", name)
}
