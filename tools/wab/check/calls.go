package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// ways are those that the server says lead to calls.
type ways struct {
	Now    int64    `json:"now"`
	Calls  bool     `json:"calls"`
	UDP    []string `json:"udp"`
	TCP    []string `json:"tcp"`
	Peers  []string `json:"peers"`
	Own    bool     `json:"own"`
	Relays []relay  `json:"relays"`

	asked, answered time.Time
}

type relay struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

const mintToken = "Make one with: wab token NAME --data FOLDER. Or give --data FOLDER to wab check where the server runs."

// authorize asks the server for the ways to calls.
func (c *checker) authorize(ctx context.Context) {
	switch {
	case c.target.Token == "":
		c.skip("calls", "the ports of calls are told to those with a token only", mintToken)
		return
	case !c.trusted:
		c.skip("calls", "the token is not sent to a server that can't prove who it is", "Give the server's https:// address and a certificate that this machine trusts.")
		return
	}
	w := ways{asked: time.Now()}
	status, body, err := c.get(ctx, "/api/calls", c.target.Token)
	w.answered = time.Now()
	switch {
	case err != nil:
		c.fail("calls", fmt.Sprintf("the server does not tell its ports: %v", err), "Try again; if this stays, see the server's logs.")
	case status == http.StatusUnauthorized:
		c.fail("calls", "the token is not good there: it is expired, revoked, or another server's", mintToken)
	case status == http.StatusForbidden:
		c.fail("calls", "the token is narrowed to an app, a CA or methods", mintToken)
	case status != http.StatusOK || json.Unmarshal(body, &w) != nil:
		c.fail("calls", fmt.Sprintf("/api/calls answers with %d", status), "See that the proxy passes all paths on, and that the server is of this version.")
	case !w.Calls:
		c.warn("calls", "they are switched off", "Start the server without --no-calls if there are to be calls.")
		c.ways = &w
	default:
		c.ways = &w
	}
}

const clockOff = 5 * time.Second

// clock compares the server's clock with this machine's.
func (c *checker) clock(context.Context) {
	if c.ways == nil {
		return
	}
	middle := c.ways.asked.Add(c.ways.answered.Sub(c.ways.asked) / 2)
	off := time.UnixMicro(c.ways.Now).Sub(middle).Round(time.Millisecond)
	if off.Abs() > clockOff {
		c.warn("clock", fmt.Sprintf("the server's and this machine's differ by %v", off.Abs()), "Have both set by the network (NTP): certificates and tokens end by the clock.")
		return
	}
	c.ok("clock", fmt.Sprintf("the server's and this machine's differ by %v", off.Abs()))
}

// udp looks whether the port of media answers.
func (c *checker) udp(ctx context.Context) {
	if c.ways != nil && c.ways.Calls {
		c.ask(ctx, "udp", c.ways.UDP, "Have firewalls and routers let UDP port %s through to the server, both ways. Behind a NAT, name the public address with --call-public-ip.")
	}
}

// tcp looks whether those who can't send UDP are answered.
func (c *checker) tcp(ctx context.Context) {
	switch {
	case c.ways == nil || !c.ways.Calls:
	case len(c.ways.TCP) == 0:
		c.warn("tcp", "media by TCP are switched off: those who can't send UDP are left out", "Start the server without --call-tcp off.")
	default:
		c.ask(ctx, "tcp", c.ways.TCP, "Have firewalls let TCP port %s through. A proxy for HTTP does not pass media on: give them a port of their own with --call-tcp :PORT.")
	}
}

// ask sends a question to each address. One answer will do.
func (c *checker) ask(ctx context.Context, network string, addrs []string, remedy string) {
	var silent, heard []string
	for _, a := range addrs {
		within, cancel := c.within(ctx)
		seen, err := question(within, network, a)
		cancel()
		if err != nil {
			silent = append(silent, fmt.Sprintf("%s: %v", a, err))
			continue
		}
		heard = append(heard, fmt.Sprintf("%s answers, and sees this machine at %s", a, seen))
	}
	remedy = strings.ReplaceAll(remedy, "%s", portsOf(addrs))
	switch {
	case len(heard) == 0:
		c.fail(network, strings.Join(silent, "; "), remedy)
	case len(silent) > 0:
		c.warn(network, strings.Join(append(heard, silent...), "; "), "If clients use the silent address, too: "+remedy)
	default:
		c.ok(network, strings.Join(heard, "; "))
	}
}

func portsOf(addrs []string) string {
	for _, a := range addrs {
		if _, port, err := net.SplitHostPort(a); err == nil {
			return port
		}
	}
	return "of calls"
}

// relays opens each relay and sends a question through it.
func (c *checker) relays(ctx context.Context) {
	if c.ways == nil || !c.ways.Calls {
		return
	}
	if len(c.ways.Relays) == 0 {
		c.warn("turn", "there is no relay: those whose network lets neither media's UDP nor its TCP through are left out", "Start the server without --turn off, and with TCP or --turn-udp.")
		return
	}
	for _, r := range c.ways.Relays {
		for _, u := range r.URLs {
			c.relay(ctx, u, r)
		}
	}
}

func (c *checker) relay(ctx context.Context, text string, r relay) {
	u, err := parseRelay(text)
	if err != nil {
		c.skip("turn", fmt.Sprintf("%s: %v", text, err), "")
		return
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	err = through(ctx, u, r, c.peers(ctx))
	switch {
	case err == nil:
		c.ok("turn", text+" relays to the media")
	case c.ways.Own:
		c.fail("turn", fmt.Sprintf("%s: %v", text, err), "Open the port as above; with --call-public-ip, see that it is the address that clients reach.")
	default:
		c.fail("turn", fmt.Sprintf("%s: %v", text, err), "See that the relay runs, shares the secret of --turn-secret-file with this server, and may reach its media port.")
	}
}

// peers are where the media are: as the server's own relay sees them, or as others do.
func (c *checker) peers(ctx context.Context) (out []netip.AddrPort) {
	addrs := c.ways.UDP
	if c.ways.Own {
		addrs = c.ways.Peers
	}
	for _, a := range addrs {
		host, port, err := net.SplitHostPort(a)
		if err != nil {
			continue
		}
		found, _ := net.DefaultResolver.LookupHost(ctx, host) // none: no peer
		for _, ip := range found {
			if at, err := netip.ParseAddrPort(net.JoinHostPort(ip, port)); err == nil {
				out = append(out, at)
			}
		}
	}
	return out
}
