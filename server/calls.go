package server

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"

	"github.com/wabgo/wab/internal/call/sfu"
)

// openMedia opens the ports of calls.
func (s *Server) openMedia() (*sfu.Engine, error) {
	o := s.opt.Calls
	host, _, err := net.SplitHostPort(s.opt.Addr)
	if err != nil {
		host = ""
	}
	anyPort := net.JoinHostPort(host, "0")
	media := sfu.Options{UDP: cmp.Or(o.Addr, s.opt.Addr), TCP: cmp.Or(o.TCPAddr, anyPort), PublicIPs: o.PublicIPs, Loopback: loopback(host), Log: s.log}
	if o.TCPAddr == "off" {
		media.TCP = ""
	}
	engine, err := sfu.New(media)
	if err != nil && o.Addr == "" { // the port of that number is somebody else's: any other will do
		media.UDP = anyPort
		engine, err = sfu.New(media)
	}
	if err != nil {
		return nil, fmt.Errorf("wab: the ports of calls can't be opened: %w", err)
	}
	return engine, nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
