package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/wabgo/wab/server"
)

// callFlags are those of calls.
type callFlags struct {
	off       bool
	addr, tcp string
	relayUDP  string
	ips, turn list
	secret    string
	peers     list
}

func (c *callFlags) define(f *flag.FlagSet) {
	f.BoolVar(&c.off, "no-calls", false, "open no ports for calls: nobody enters rooms")
	f.StringVar(&c.addr, "call-addr", "", "`host:port` of the one UDP port of calls; the host and number of --addr, or any free port there, unless given")
	f.StringVar(&c.tcp, "call-tcp", "", "`host:port` of TCP for those who can't send UDP, or off; the port of --addr itself unless given: needed where a proxy stands before it")
	f.Var(&c.ips, "call-public-ip", "`address` at which clients reach the ports of calls, where that is not this machine's own; one IPv4 and one IPv6 at most")
	f.Var(&c.turn, "turn", "on, off, or a `relay` elsewhere, like turn:turn.example.org:3478?transport=udp, with --turn-secret-file; may be given several times; on unless given")
	f.StringVar(&c.relayUDP, "turn-udp", "", "`host:port` of this server's relay by UDP, like :3478, for networks that let only that through; by TCP it has the port of --call-tcp")
	f.StringVar(&c.secret, "turn-secret-file", "", "`file` with the secret shared with the relay elsewhere (static-auth-secret of coturn)")
	f.Var(&c.peers, "turn-open-peer", "`CIDR` that members may reach through this server's relay, besides its media; may be given several times")
}

// options checks the flags.
func (c *callFlags) options() (o server.CallOptions, err error) {
	o = server.CallOptions{Off: c.off, Addr: c.addr, TCPAddr: c.tcp}
	if err := checkHostPort("--call-addr", c.addr); err != nil {
		return o, err
	}
	if c.tcp != "off" {
		if err := checkHostPort("--call-tcp", c.tcp); err != nil {
			return o, err
		}
	}
	if err := checkHostPort("--turn-udp", c.relayUDP); err != nil {
		return o, err
	}
	if o.PublicIPs, err = publicIPs(c.ips); err != nil {
		return o, err
	}
	o.TURN, err = c.relay()
	return o, err
}

func checkHostPort(flag, s string) error {
	if s == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(s); err != nil {
		return fmt.Errorf("%s %s is not a host and a port, like 192.168.1.5:8080 or :8080", flag, s)
	}
	return nil
}

func publicIPs(list []string) (out []netip.Addr, err error) {
	for _, text := range list {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() {
			return nil, fmt.Errorf("--call-public-ip %s is not an address like 203.0.113.7 or 2001:db8::7", text)
		}
		for _, other := range out {
			if other.Is4() == a.Unmap().Is4() {
				return nil, fmt.Errorf("--call-public-ip: %s and %s are of one family; there is one IPv4 and one IPv6 address at most", other, a)
			}
		}
		out = append(out, a.Unmap())
	}
	return out, nil
}

func (c *callFlags) relay() (o server.TURNOptions, err error) {
	o.Addr = c.relayUDP
	for _, t := range c.turn {
		switch {
		case t == "on":
		case t == "off":
			o.Off = true
		case strings.HasPrefix(t, "turn:") || strings.HasPrefix(t, "turns:"):
			o.URLs = append(o.URLs, t)
		default:
			return o, fmt.Errorf("--turn %s: it is on, off, or a URL like turn:turn.example.org:3478?transport=udp", t)
		}
	}
	switch {
	case len(c.turn) > 1 && len(o.URLs) < len(c.turn):
		return o, errors.New("--turn is on, or off, or URLs: not several of these")
	case (len(o.URLs) == 0) != (c.secret == ""):
		return o, errors.New("--turn with a URL and --turn-secret-file belong together")
	case c.secret != "":
		if o.Secret, err = readSecret(c.secret); err != nil {
			return o, err
		}
	}
	o.OpenPeers, err = prefixes("--turn-open-peer", c.peers)
	return o, err
}

// readSecret is what a file holds, without the end of its line.
func readSecret(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--turn-secret-file: %w", err)
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil, fmt.Errorf("--turn-secret-file: %s is empty", file)
	}
	return b, nil
}
