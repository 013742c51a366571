package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"

	"github.com/wabgo/wab/examples/counter"
	"github.com/wabgo/wab/examples/hellowab"
	"github.com/wabgo/wab/examples/personalcloud"
	"github.com/wabgo/wab/examples/sentinel"
	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/examples/whiteboard"
	"github.com/wabgo/wab/examples/whitepages"
	"github.com/wabgo/wab/server"
)

// apps are what bin/wab carries.
func apps() []server.App {
	return []server.App{hellowab.App, whiteboard.App, tweetiot.App, personalcloud.App, whitepages.App, counter.App, sentinel.App}
}

type serveFlags struct {
	options             server.Options
	origins, networks   list
	cert, key           string
	self                bool
	logLevel, logFormat string
	calls               callFlags
}

const serveAbout = `Serves the apps, and prints one line, "listening on URL", when it is ready. Logs go to standard error. SIGTERM or Ctrl-C answers what is under way
and stops; a second one stops at once.`

func serve(args []string, out, errs io.Writer) error {
	var s serveFlags
	f := newFlags("serve", "serve [flags]", serveAbout, errs)
	f.StringVar(&s.options.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one, :8080 listens on all interfaces")
	f.StringVar(&s.options.Data, "data", "./data", "`folder` for all that is kept; made if missing")
	f.BoolVar(&s.options.Dev, "dev", false, "let anybody sign in as a guest of any name: for development only")
	f.StringVar(&s.options.PublicURL, "public-url", "", "`URL` by which others reach this server; what it listens on unless given")
	f.Var(&s.origins, "allow-origin", "`origin` whose pages may use this server, like https://example.org; may be given several times, '*' for all")
	f.Var(&s.networks, "open-network", "`CIDR` that apps may call though it is not public, like 10.1.0.0/16; may be given several times")
	f.BoolVar(&s.options.AllowPrivatePeers, "allow-private-peers", false, "let outgoing calls of apps and to peers reach loopback and private addresses too: for servers on one machine or in one house")
	s.calls.define(f)
	f.StringVar(&s.cert, "tls-cert", "", "`file` with the certificate chain, PEM; read again when it changes")
	f.StringVar(&s.key, "tls-key", "", "`file` with its key, PEM; read again when it changes")
	f.BoolVar(&s.self, "tls-self", false, "serve HTTPS with a certificate of the server's own, for phones on the same network")
	f.StringVar(&s.logLevel, "log-level", "info", "`level`: debug, info, warn or error")
	f.StringVar(&s.logFormat, "log-format", "text", "`format`: text or json")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if err := s.complete(errs); err != nil {
		return err
	}
	s.options.Ready = out
	return server.Serve(server.UntilSignal(), s.options, apps()...)
}

// complete checks the flags and makes options of them.
func (s *serveFlags) complete(errs io.Writer) error {
	log, err := newLogger(s.logLevel, s.logFormat, errs)
	if err != nil {
		return err
	}
	s.options.Logger = log
	slog.SetDefault(log)
	for _, o := range s.origins {
		if err := checkOrigin(o); err != nil {
			return err
		}
	}
	s.options.Origins = s.origins
	if s.options.OpenNetworks, err = prefixes("--open-network", s.networks); err != nil {
		return err
	}
	if err := checkURL(s.options.PublicURL); err != nil {
		return err
	}
	if s.options.Calls, err = s.calls.options(); err != nil {
		return err
	}
	s.options.TLS, err = s.tls(log)
	return err
}

func (s *serveFlags) tls(log *slog.Logger) (*tls.Config, error) {
	switch {
	case s.self && (s.cert != "" || s.key != ""):
		return nil, errors.New("--tls-self makes a certificate: leave out --tls-cert and --tls-key, or --tls-self")
	case (s.cert == "") != (s.key == ""):
		return nil, errors.New("--tls-cert and --tls-key belong together")
	case s.self:
		return selfSigned(s.options.Data, log)
	case s.cert != "":
		return fromFiles(s.cert, s.key, log)
	}
	return nil, nil
}

// checkOrigin refuses what a browser would never send, so that a slash too many is found at start and not in a refused page.
func checkOrigin(o string) error {
	u, err := url.Parse(o)
	if o == "*" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && o == u.Scheme+"://"+u.Host && o == strings.ToLower(o) {
		return nil
	}
	return fmt.Errorf("--allow-origin %s is not an origin: it is scheme, host and port, like https://example.org or http://localhost:8090", o)
}

func prefixes(flag string, list []string) (out []netip.Prefix, err error) {
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if err != nil || p != p.Masked() {
			return nil, fmt.Errorf("%s %s is not a network like 10.1.0.0/16 or fd00::/8", flag, text)
		}
		out = append(out, p)
	}
	return out, nil
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	if s == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return nil
	}
	return fmt.Errorf("--public-url %s is not an address like https://wab.example.org", s)
}

func newLogger(level, format string, w io.Writer) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level %s: it is debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, fmt.Errorf("--log-format %s: it is text or json", format)
}
