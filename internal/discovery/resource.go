package discovery

import (
	"net/url"
	"strings"

	"github.com/wabgo/wab/internal/name"
)

// resource is what somebody asks about: an owner or a CA of this server.
type resource struct {
	who   name.Name // App and Local may be empty
	alias string    // the address, if it is one elsewhere
}

// parseResource reads what WebFinger was asked about. known is false for what can't be here, such as URIs of other kinds.
func (d *Discovery) parseResource(s string) (r resource, known bool) {
	if rest, ok := cutPrefixFold(s, "acct:"); ok {
		return d.account(rest)
	}
	if u, _, ok := web(s); ok {
		return d.page(u)
	}
	return d.account(s) // alice@host is no URI, but what people type
}

// account reads user@host, where the user may be written by percent signs (RFC 7565): alice, alice%2Fhome, app%3Aalice%2Fhome, or the same in plain.
func (d *Discovery) account(s string) (r resource, known bool) {
	escaped, host, ok := splitAddress(s)
	if !ok {
		return r, false
	}
	user, err := url.PathUnescape(escaped)
	if err != nil {
		return r, false
	}
	a, ok := authority("", host)
	if !ok {
		return r, false
	}
	r.who, err = name.Parse(strings.ToLower(user))
	if err != nil || r.who.Host != "" {
		return r, false
	}
	if !d.ours("", a) {
		r.alias = r.who.Owner + "@" + a
		return r, r.who == name.Name{Owner: r.who.Owner}
	}
	return r, true
}

// page reads the address of an app's page, {public}/app/?ca=owner/ca.
func (d *Discovery) page(u *url.URL) (r resource, known bool) {
	_, base, ok := d.here()
	public, err := url.Parse(base)
	if !ok || err != nil || !d.ours(u.Scheme, u.Host) {
		return r, false
	}
	path, under := strings.CutPrefix(u.Path, strings.TrimRight(public.Path, "/")+"/")
	app := strings.TrimSuffix(path, "/")
	query, err := url.ParseQuery(u.RawQuery)
	if !under || err != nil || len(query["ca"]) != 1 || name.CheckApp(app) != nil {
		return r, false
	}
	r.who, err = name.Parse(query.Get("ca"))
	if err != nil || r.who.Host != "" || r.who.Local == "" || r.who.App != "" && r.who.App != app {
		return r, false
	}
	r.who.App = app
	return r, true
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
