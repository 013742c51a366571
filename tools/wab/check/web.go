package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// Target is a server, and what is known of it.
type Target struct {
	URL   string         // http:// or https://, without a path, as its users type it
	Token string         // of an account, not narrowed; empty: what needs one is not looked at
	Roots *x509.CertPool // that sign the server's certificate; nil for the system's
	// Within is for how long one look waits; five seconds by default.
	Within time.Duration
	Data   string // the server's data folder, if it is on this machine; "" otherwise
}

type checker struct {
	target Target
	report Report
	tell   func(Finding)

	url     *url.URL
	client  *http.Client
	trusted bool // the token may be sent there
	over    bool // nothing more can be looked at
	ways    *ways
}

func (c *checker) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.target.Within)
}

func (c *checker) close() {
	if c.client != nil {
		c.client.CloseIdleConnections()
	}
}

// address looks at the URL and the name in it.
func (c *checker) address(ctx context.Context) {
	u, err := url.Parse(c.target.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		c.fail("address", c.target.URL+" is no address of a server", "Give the server's address as its users type it, like https://wab.example.org.")
		c.over = true
		return
	}
	c.url = &url.URL{Scheme: u.Scheme, Host: u.Host}
	c.trusted = u.Scheme == "http" && isLocal(u.Hostname())
	c.client = &http.Client{Timeout: c.target.Within, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the certificate is looked at by itself
	ctx, cancel := c.within(ctx)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		c.fail("address", fmt.Sprintf("the name %s leads nowhere: %v", u.Hostname(), err), "Add an A or AAAA record for this name, or wait until it is known here.")
		c.over = true
		return
	}
	c.trusted = c.trusted || u.Scheme == "http" && isOwn(found)
	c.ok("address", u.Hostname()+" is "+strings.Join(found, ", "))
}

// isOwn tells whether all addresses are this machine's: what is sent there does not leave it.
func isOwn(found []string) bool {
	all, _ := net.InterfaceAddrs() // none: nothing is its own
	return !slices.ContainsFunc(found, func(ip string) bool {
		return !slices.ContainsFunc(all, func(a net.Addr) bool {
			n, ok := a.(*net.IPNet)
			return ok && n.IP.Equal(net.ParseIP(ip))
		})
	})
}

func isLocal(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

func (c *checker) get(ctx context.Context, path, token string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url.String()+path, nil)
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	a, err := c.client.Do(r)
	if err != nil {
		return 0, nil, errors.Unwrap(err) // without the URL
	}
	defer a.Body.Close()
	body, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	return a.StatusCode, body, err
}

// http looks whether the server answers, and whether it is ready.
func (c *checker) http(ctx context.Context) {
	status, body, err := c.get(ctx, "/healthz", "")
	switch {
	case err != nil:
		c.fail("http", fmt.Sprintf("nothing answers: %v", err), "See that the server runs, listens on this address (--addr :8080 for all), and that firewalls let TCP port "+port(c.url)+" through.")
		c.over = true
		return
	case status != http.StatusOK || strings.TrimSpace(string(body)) != "ok":
		c.fail("http", fmt.Sprintf("/healthz answers with %d, and not as wab does", status), "See that the proxy before the server passes all paths on, and that this is the server's address.")
		c.over = true
		return
	}
	if status, _, err := c.get(ctx, "/readyz", ""); err != nil || status != http.StatusOK {
		c.warn("http", "it answers, and is not ready: it starts or stops", "Try again in a moment.")
		return
	}
	c.ok("http", "it answers and is ready")
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

const expiresSoon = 14 * 24 * time.Hour

// certificate looks at who the server proves to be.
func (c *checker) certificate(ctx context.Context) {
	if c.url.Scheme != "https" {
		return
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{RootCAs: c.target.Roots, ServerName: c.url.Hostname()}}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(c.url.Hostname(), port(c.url)))
	if err != nil {
		c.fail("certificate", fmt.Sprintf("browsers refuse it: %v", err), "Give --tls-cert a chain that a public authority has signed for this name; with --tls-self, each device has to trust it once, and --data lets this check trust it.")
		return
	}
	defer conn.Close()
	c.trusted = true
	leaf := conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	until := leaf.NotAfter.Format(time.DateOnly)
	if time.Until(leaf.NotAfter) < expiresSoon {
		c.warn("certificate", "it ends on "+until, "Renew it: a new file in the place of --tls-cert is read without a restart.")
		return
	}
	c.ok("certificate", "good until "+until)
}

// secure looks whether browsers give pages from there a camera.
func (c *checker) secure(context.Context) {
	if c.url.Scheme == "https" || isLocal(c.url.Hostname()) {
		c.ok("camera", "browsers give pages from here a camera, a microphone and Bluetooth, if people allow it")
		return
	}
	c.fail("camera", "browsers give no camera, microphone or Bluetooth to pages of http://, but for those of localhost", "Serve HTTPS: --tls-cert and --tls-key, a proxy that does, or --tls-self for devices on the same network.")
}

// websocket looks whether WebSockets come through.
func (c *checker) websocket(ctx context.Context) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, c.url.String()+"/api/session", &websocket.DialOptions{HTTPClient: c.client, Subprotocols: []string{"wab.v1"}})
	if err != nil {
		c.fail("websocket", fmt.Sprintf("the upgrade fails: %v", err), "Have the proxy before the server pass the headers Upgrade and Connection on with HTTP/1.1, and not end quiet connections within a minute.")
		return
	}
	_ = conn.CloseNow()
	c.ok("websocket", "sessions come through")
}
