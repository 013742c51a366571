package main

import (
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

// options say which gadget of which CA this is, and what it is like.
type options struct {
	pass
	json   bool
	sensor string // the name of what it measures
	file   string // is written 1 and 0
}

// pass is what opens the door.
type pass struct {
	server string // http(s)://host[:port]
	token  string
	ca     string // app:owner/local
	name   string // the device's
}

// flagSet holds the flags as they were given.
func flagSet(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("gadget", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.server, "server", "http://localhost:8080", "`address` of the server")
	f.StringVar(&o.token, "token", os.Getenv("WAB_TOKEN"), "the device's `token`; the default is the variable WAB_TOKEN")
	f.StringVar(&o.name, "name", "", "the device's `name`; the default is the one that the token is for")
	f.StringVar(&o.ca, "ca", "", "its CA, `app:owner/local`; the default is the one that the token is for")
	f.BoolVar(&o.json, "json", false, "print a line of JSON for each command that was executed, and nothing else")
	f.StringVar(&o.sensor, "sensor", "", "measure something of this `name`, such as celsius: a slow random walk")
	f.StringVar(&o.file, "out", "", "write 1 and 0 to a `file` of the system, such as /sys/class/leds/led0/brightness")
	return f
}

func usage(w io.Writer) {
	fmt.Fprint(w, "gadget is a lamp, a buzzer or a sensor behind a Cloud Assistant.\n\nusage: gadget [flags] [the link of a device]\n\n")
	f := flagSet(new(options))
	f.SetOutput(w)
	f.PrintDefaults()
}

// parse reads the arguments. Errors are flag.ErrHelp and usageError.
func parse(args []string) (o options, err error) {
	f := flagSet(&o)
	if err := f.Parse(args); err == flag.ErrHelp {
		return o, err
	} else if err != nil {
		return o, usageError{err.Error() + "."}
	}
	switch {
	case f.NArg() > 1:
		return o, usageError{fmt.Sprintf("%q is one argument too many.", f.Arg(1))}
	case f.NArg() == 1:
		if err := o.follow(f.Arg(0)); err != nil {
			return o, err
		}
	}
	return o, o.complete()
}

// follow takes what a device's link says: https://host/app/device#token=…&ca=owner/local&name=…
func (p *pass) follow(link string) error {
	u, err := url.Parse(link)
	if err != nil {
		return usageError{"That is no link of a device."}
	}
	said, err := url.ParseQuery(u.Fragment)
	app, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if err != nil || app == "" || said.Get("token") == "" || said.Get("ca") == "" {
		return usageError{"That is no link of a device: those end in #token=…&ca=…&name=…, and need quotes around them."}
	}
	p.server, p.token, p.ca = u.Scheme+"://"+u.Host, said.Get("token"), app+":"+said.Get("ca")
	if p.name == "" {
		p.name = said.Get("name")
	}
	return nil
}

// complete fills in from the token what was not said, and looks for what can't go well.
func (p *pass) complete() error {
	u, err := url.Parse(p.server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usageError{fmt.Sprintf("%q is no address of a server, such as http://localhost:8080.", p.server)}
	}
	if p.token == "" {
		return usageError{"A gadget needs a token: --token, WAB_TOKEN, or the link of a device."}
	}
	c, err := readClaims(p.token)
	if err != nil {
		return err
	}
	if p.ca == "" {
		p.ca = c.CA
	}
	if c.App != "" && p.ca != "" && !strings.Contains(p.ca, ":") {
		p.ca = c.App + ":" + p.ca
	}
	if app, rest, _ := strings.Cut(p.ca, ":"); app == "" || !strings.Contains(rest, "/") {
		return usageError{"The token doesn't tell which CA it is for: say --ca app:owner/local."}
	}
	return p.baptize(c)
}

// baptize settles the name.
func (p *pass) baptize(c claims) error {
	devices := c.devices()
	switch {
	case p.name == "" && len(devices) == 1:
		p.name = devices[0]
	case p.name == "":
		return usageError{"The token doesn't tell which device this is: say --name."}
	case len(c.Methods) > 0 && !c.permits(p.name):
		return usageError{fmt.Sprintf("The token is for %s, not for %q: get one for that device.", orNone(devices), p.name)}
	}
	return nil
}

func orNone(devices []string) string {
	if len(devices) == 0 {
		return "no device"
	}
	return "the device " + strings.Join(devices, ", ")
}
