package discovery

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/wabgo/wab/internal/name"
)

// authority is the one spelling of a host and a port: lower case, without a dot at its end, and without the scheme's own port. IPv6 addresses stand in brackets.
func authority(scheme, hostport string) (string, bool) {
	hostport = strings.ToLower(hostport)
	host, port := hostport, ""
	if i := strings.LastIndexByte(hostport, ':'); i >= 0 && !strings.HasSuffix(hostport, "]") {
		host, port = hostport[:i], hostport[i:]
	}
	host = strings.TrimSuffix(host, ".")
	if scheme == "https" && port == ":443" || scheme == "http" && port == ":80" {
		port = ""
	}
	grammar := host
	if inner, ok := strings.CutPrefix(host, "["); ok {
		a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if err != nil || a.Zone() != "" || a.Is4() {
			return "", false
		}
		host, grammar = "["+a.String()+"]", "v6"
	}
	_, err := name.Parse("x@" + grammar + port)
	return host + port, err == nil
}

// hostname is an authority without its port, and without brackets.
func hostname(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return strings.Trim(authority, "[]")
}

// loopback tells whether a host is this machine, by its name or address alone.
func loopback(authority string) bool {
	host := hostname(authority)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// schemeOf is how a host is called that was named without a scheme.
func schemeOf(authority string) string {
	if loopback(authority) {
		return "http"
	}
	return "https"
}

// place is where a server is: scheme and authority, as https://wab.example.
type place struct{ scheme, authority string }

func (p place) String() string { return p.scheme + "://" + p.authority }

// secret tells whether nobody on the way can read or change what is said there.
func (p place) secret() bool { return p.scheme == "https" || loopback(p.authority) }

// web reads an absolute http or https URL without a password, and where it leads.
func web(s string) (u *url.URL, at place, ok bool) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.Opaque != "" || strings.HasSuffix(u.Host, ":") || strings.ContainsFunc(s, notVisible) {
		return nil, place{}, false
	}
	a, ok := authority(u.Scheme, u.Host)
	return u, place{u.Scheme, a}, ok
}

// here is the server's own place, and its public URL without a slash at the end. It is not ok while nobody has said how the server is reached.
func (d *Discovery) here() (at place, base string, ok bool) {
	base = strings.TrimRight(d.PublicURL(), "/")
	_, at, ok = web(base)
	return at, base, ok
}

// ours tells whether an authority, named without a scheme or with one, is this server. On the loopback address all its names are the same.
func (d *Discovery) ours(scheme, a string) bool {
	at, _, ok := d.here()
	if !ok {
		return false
	}
	named, _ := authority(scheme, a)
	bare, _ := authority(at.scheme, a) // alice@host means host:80 where that is how the server is known
	if scheme == at.scheme && named == at.authority || scheme == "" && bare == at.authority {
		return true
	}
	return loopback(at.authority) && loopback(a) && port(at) == port(place{scheme, bare})
}

func port(p place) string {
	if _, n, err := net.SplitHostPort(p.authority); err == nil {
		return n
	}
	if p.scheme == "https" {
		return "443"
	}
	return "80"
}
