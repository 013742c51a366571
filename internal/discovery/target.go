package discovery

import (
	"net/url"
	"strings"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/sky"
	"github.com/wabgo/wab/internal/wire"
)

const maxTarget = 2 << 10 // bytes

var (
	errTarget = wire.Err(wire.BadRequest, "This is no address: write one like alice@example.org, or the URL of a page or a doorbell.")
	errHost   = wire.Err(wire.BadRequest, "The address's host can't be one: write it like example.org or example.org:8080, letters beyond a-z in their xn-- form.")
)

// target is what somebody wants to be connected with.
type target struct {
	at       place
	who      name.Name // App, Owner and Local, as far as they are named; zero for a page
	resource string    // what WebFinger is asked about there; empty for a doorbell
	local    bool      // a name without a host: this server is meant
	base     string    // of a doorbell: the base URL of its server
	eci      string    // of a doorbell; with a resource, the URL may be one or the other
}

// CheckTarget tells what is wrong with how a target is written; nil if nothing is. Whether anybody is there Resolve finds out.
func CheckTarget(s string) *wire.Error {
	_, flawed := parseTarget(s)
	return flawed
}

// parseTarget reads what people and apps write.
func parseTarget(s string) (target, *wire.Error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxTarget || strings.ContainsFunc(s, notVisible) {
		return target{}, errTarget
	}
	if rest, ok := cutPrefixFold(s, "acct:"); ok {
		return parseAddress(rest)
	}
	if strings.Contains(s, "://") {
		return parseURL(s)
	}
	if strings.Contains(s, "@") {
		return parseAddress(s)
	}
	if n, err := name.Parse(strings.ToLower(s)); err == nil && n.Item == "" && !hostWithPort(s) {
		return target{who: n, local: true}, nil
	}
	return parseBare(s)
}

// hostWithPort tells whether what could be app:owner is a host and a port: no owner is taken to be called by a number there.
func hostWithPort(s string) bool {
	_, port, ok := strings.Cut(s, ":")
	return ok && strings.Trim(port, "0123456789") == ""
}

// parseBare reads a URL without its scheme.
func parseBare(s string) (target, *wire.Error) {
	host, _, _ := strings.Cut(s, "/")
	a, ok := authority("", host)
	if !ok || !strings.ContainsAny(a, ".:") && !loopback(a) {
		return target{}, errTarget
	}
	return parseURL(schemeOf(a) + "://" + s)
}

func parseURL(s string) (target, *wire.Error) {
	u, at, ok := web(s)
	if !ok {
		return target{}, errTarget
	}
	t := target{at: at}
	t.base, t.eci, _ = sky.SplitDoorbell(s)
	if t.eci != "" && !sky.IsBare(s) {
		return t, nil
	}
	u.Host, u.Fragment, u.RawFragment = at.authority, "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	t.resource = u.String()
	return t, nil
}

// parseAddress reads user@host. A user of this kind of server is a name; others' are taken as they are.
func parseAddress(s string) (target, *wire.Error) {
	escaped, host, ok := splitAddress(s)
	if !ok {
		return target{}, errTarget
	}
	user, err := url.PathUnescape(escaped)
	if err != nil || len(user) > 253 || strings.ContainsFunc(user, notVisible) {
		return target{}, errTarget
	}
	a, ok := authority("", host)
	if !ok {
		return target{}, errHost
	}
	at := place{schemeOf(a), ""}
	at.authority, _ = authority(at.scheme, a)
	n, err := name.Parse(strings.ToLower(user))
	switch {
	case err == nil && n.Host == "" && n.Item == "":
		return target{at: at, who: n, resource: "acct:" + userOf(n) + "@" + at.authority}, nil
	case strings.ContainsAny(user, "/:@"):
		return target{}, errTarget
	}
	return target{at: at, who: name.Name{Owner: user}, resource: "acct:" + url.PathEscape(user) + "@" + at.authority}, nil
}
