package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// relayURL is a relay's address taken apart (RFC 7065).
type relayURL struct {
	network, addr, host string
	secure              bool
}

func parseRelay(s string) (u relayURL, err error) {
	parsed, err := stun.ParseURI(s)
	if err != nil {
		return u, fmt.Errorf("no address of a relay: %w", err)
	}
	u = relayURL{network: parsed.Proto.String(), host: parsed.Host, secure: parsed.Scheme == stun.SchemeTypeTURNS}
	u.addr = net.JoinHostPort(parsed.Host, fmt.Sprint(parsed.Port))
	if parsed.Scheme != stun.SchemeTypeTURN && !u.secure || u.secure && u.network == "udp" {
		return u, errors.New("relays of this kind are not looked at")
	}
	return u, nil
}

// through opens a relay and has it carry a question to the media and the answer back.
func through(ctx context.Context, u relayURL, r relay, peers []netip.AddrPort) error {
	conn, err := u.dial(ctx)
	if err != nil {
		return plain(err)
	}
	defer conn.Close()
	end := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer end()
	silent := logging.NewDefaultLoggerFactory()
	silent.DefaultLogLevel = logging.LogLevelDisabled
	client, err := turn.NewClient(&turn.ClientConfig{
		Conn: conn, STUNServerAddr: u.addr, TURNServerAddr: u.addr, Username: r.Username, Password: r.Credential, RTO: 200 * time.Millisecond, LoggerFactory: silent,
	})
	if err != nil {
		return plain(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		return plain(err)
	}
	relayed, err := client.Allocate()
	if err != nil {
		return refusal(err)
	}
	defer relayed.Close()
	peer, err := likeRelay(relayed.LocalAddr(), peers)
	if err != nil {
		return err
	}
	return askThrough(ctx, relayed, peer)
}

// likeRelay is the peer of a relay's family.
func likeRelay(relayed net.Addr, peers []netip.AddrPort) (*net.UDPAddr, error) {
	at, err := netip.ParseAddrPort(relayed.String())
	if err != nil {
		return nil, err
	}
	for _, p := range peers {
		if p.Addr().Unmap().Is4() == at.Addr().Unmap().Is4() {
			return net.UDPAddrFromAddrPort(p), nil
		}
	}
	return nil, errors.New("the media have no address of the relay's family")
}

func (u relayURL) dial(ctx context.Context) (net.PacketConn, error) {
	if u.network == "udp" {
		return u.listen()
	}
	stream, err := new(net.Dialer).DialContext(ctx, "tcp", u.addr)
	if err == nil && u.secure {
		secure := tls.Client(stream, &tls.Config{ServerName: u.host})
		if err = secure.HandshakeContext(ctx); err != nil {
			_ = stream.Close()
		}
		stream = secure
	}
	if err != nil {
		return nil, err
	}
	return turn.NewSTUNConn(stream), nil
}

// listen opens a socket of the relay's family: its relays are of the same then.
func (u relayURL) listen() (net.PacketConn, error) {
	at, err := net.ResolveUDPAddr("udp", u.addr)
	if err != nil {
		return nil, err
	}
	if at.IP.To4() == nil {
		return net.ListenPacket("udp6", "[::]:0")
	}
	return net.ListenPacket("udp4", "0.0.0.0:0")
}

// refusal puts what the relay's client says in words.
func refusal(err error) error {
	switch text := err.Error(); {
	case strings.Contains(text, "retransmi"), strings.Contains(text, "closed"):
		return errSilent
	case strings.Contains(text, "error 4"):
		return fmt.Errorf("it refuses our credentials: %w", err)
	}
	return fmt.Errorf("it opens no relay: %w", err)
}

func askThrough(ctx context.Context, relayed net.PacketConn, peer *net.UDPAddr) error {
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	b := make([]byte, 1500)
	for ctx.Err() == nil {
		if _, err := relayed.WriteTo(m.Raw, peer); err != nil {
			return fmt.Errorf("it does not let us send to the media at %v: %w", peer, err)
		}
		_ = relayed.SetReadDeadline(time.Now().Add(again))
		n, _, err := relayed.ReadFrom(b)
		if err != nil {
			continue
		}
		if _, ok := answered(b[:n], m); ok {
			return nil
		}
	}
	return fmt.Errorf("it opens a relay, and the media at %v don't answer through it", peer)
}
