package server

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
)

// Main is the whole main function of an app: it serves it, with the flags -addr, -data, -dev and -open-network, until the process is told to stop. The wab command has more.
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
	flag.Parse()
	if err := Serve(UntilSignal(), o, apps...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
