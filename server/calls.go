package server

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"

	"github.com/wabgo/wab/internal/call/ports"
	"github.com/wabgo/wab/internal/call/sfu"
	"github.com/wabgo/wab/internal/call/turn"
)

// openCalls opens the ports of calls, and puts media and the relay on them. All stay nil where calls are off.
func (s *Server) openCalls() error {
	if s.opt.Calls.Off {
		return nil
	}
	p, err := s.openPorts()
	if err != nil {
		return fmt.Errorf("wab: %w", err)
	}
	s.closers = append(s.closers, p)
	if s.relay, err = s.openRelay(p); err != nil {
		return fmt.Errorf("wab: the relay of calls: %w", err)
	}
	s.closers = append(s.closers, s.relay)
	s.media, err = sfu.New(sfu.Options{
		UDPConn: p.UDP(), Other: p.Other, Listener: p.MediaStreams(), PublicIPs: s.opt.Calls.PublicIPs, Loopback: s.opt.Dev || loopback(s.callHost()), Log: s.log,
	})
	if err != nil {
		return fmt.Errorf("wab: media: %w", err)
	}
	s.closers = append(s.closers, s.media)
	s.ports = p
	return nil
}

// openPorts opens those that the options name, or ones like the server's own.
func (s *Server) openPorts() (*ports.Ports, error) {
	o := s.opt.Calls
	wanted := ports.Options{UDP: cmp.Or(o.Addr, s.opt.Addr), Relay: s.relayAddr(), TCP: o.TCPAddr}
	switch {
	case o.TCPAddr == "off":
		wanted.TCP = ""
	case o.TCPAddr == "" && s.opt.shared != nil:
		wanted.Shared = s.opt.shared
	case o.TCPAddr == "":
		wanted.TCP = net.JoinHostPort(s.callHost(), "0")
	}
	p, err := ports.Open(wanted)
	if err != nil && o.Addr == "" && errors.Is(err, ports.ErrUDP) { // the port of that number is somebody else's: any other will do
		s.log.Info("the UDP port of the server's number is in use: calls take another", slog.Any("error", err))
		wanted.UDP = net.JoinHostPort(s.callHost(), "0")
		p, err = ports.Open(wanted)
	}
	switch {
	case errors.Is(err, ports.ErrUDP):
		return nil, fmt.Errorf("%w; choose another with --call-addr, or have no calls with --no-calls", err)
	case errors.Is(err, ports.ErrRelay):
		return nil, fmt.Errorf("%w; choose another with --turn-udp", err)
	case err != nil:
		return nil, fmt.Errorf("%w; choose another with --call-tcp, or --call-tcp off", err)
	}
	return p, nil
}

// relayAddr is that of the relay by UDP; empty if there is none here.
func (s *Server) relayAddr() string {
	if o := s.opt.Calls.TURN; !o.Off && len(o.URLs) == 0 {
		return o.Addr
	}
	return ""
}

// callHost is the host that calls listen on; empty for all.
func (s *Server) callHost() string {
	host, _, _ := net.SplitHostPort(cmp.Or(s.opt.Calls.Addr, s.opt.Addr)) // what is none is told by who listens
	return host
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (s *Server) openRelay(p *ports.Ports) (*turn.Server, error) {
	o := s.opt.Calls
	secret, urls := o.TURN.Secret, o.TURN.URLs
	if secret == nil {
		secret = s.accounts.Secret("turn")
	}
	if o.TURN.Off {
		urls = nil
	}
	return turn.New(turn.Options{
		UDP: p.Relay(), TCP: p.RelayStreams(), Media: p.UDP().LocalAddr().(*net.UDPAddr).AddrPort(), PublicIPs: o.PublicIPs, OpenPeers: o.TURN.OpenPeers,
		Hosts: s.callNames(), URLs: urls, STUNOnly: o.TURN.Off || len(urls) > 0, Secret: secret, TTL: o.TURN.TTL, Clock: s.opt.Clock, Log: s.log,
	})
}

// callNames are the names by which clients reach the ports of calls: the public URL's, unless there are public addresses. None: where they listen.
func (s *Server) callNames() []string {
	u, err := url.Parse(s.opt.PublicURL)
	if err != nil || u.Hostname() == "" || len(s.opt.Calls.PublicIPs) > 0 {
		return nil
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		return nil
	}
	return []string{u.Hostname()}
}

// iceServers are the relays for a member of a call.
func (s *Server) iceServers(member string) (out []sfu.ICEServer) {
	if s.relay == nil {
		return nil
	}
	for _, r := range s.relay.ICEServers(member) {
		out = append(out, sfu.ICEServer(r))
	}
	return out
}
