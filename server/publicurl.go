package server

import (
	"net"
	"net/netip"
)

// PublicURL is how this server is reached from outside, like https://wab.example, for links that a CA hands out. It is empty where whoever made the server has not said.
func (tx *Tx) PublicURL() string { return tx.class.srv.opt.PublicURL }

// reachable is how others reach a server that listens there, as well as can be told: one that listens on all addresses is known by the first that is not only this machine's.
func reachable(listens string, secure bool, addresses func() ([]net.Addr, error)) string {
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	at, err := netip.ParseAddrPort(listens)
	if err != nil || !at.Addr().IsUnspecified() {
		return scheme + listens
	}
	host := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	all, _ := addresses()
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && p.Addr().IsGlobalUnicast() {
			host = p.Addr()
			break
		}
	}
	return scheme + netip.AddrPortFrom(host, at.Port()).String()
}
