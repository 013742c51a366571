package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/pion/stun/v4"
)

var errSilent = errors.New("no answer")

const again = 500 * time.Millisecond // a question by UDP may be lost

// question asks by STUN until the context ends, and returns the address that this machine has there.
func question(ctx context.Context, network, addr string) (string, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return "", plain(err)
	}
	defer conn.Close()
	end := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer end()
	if network == "udp" {
		return askUDP(ctx, conn)
	}
	return askTCP(conn)
}

func askUDP(ctx context.Context, conn net.Conn) (string, error) {
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	b := make([]byte, 1500)
	for ctx.Err() == nil {
		if _, err := conn.Write(m.Raw); err != nil {
			return "", plain(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(again))
		n, err := conn.Read(b)
		if err == nil {
			if seen, ok := answered(b[:n], m); ok {
				return seen, nil
			}
			continue
		}
		if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
			return "", plain(err)
		}
	}
	return "", errSilent
}

func askTCP(conn net.Conn) (string, error) {
	m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	if _, err := conn.Write(m.Raw); err != nil {
		return "", plain(err)
	}
	b := make([]byte, 1500)
	if _, err := io.ReadFull(conn, b[:20]); err != nil {
		return "", fmt.Errorf("it takes connections, and does not answer as media do: %w", plain(err))
	}
	n := 20 + int(binary.BigEndian.Uint16(b[2:]))
	if n > len(b) {
		return "", errors.New("it takes connections, and is something else")
	}
	if _, err := io.ReadFull(conn, b[20:n]); err != nil {
		return "", plain(err)
	}
	seen, ok := answered(b[:n], m)
	if !ok {
		return "", errors.New("it takes connections, and is something else")
	}
	return seen, nil
}

// answered reads the answer to a question.
func answered(b []byte, m *stun.Message) (seen string, ok bool) {
	a := &stun.Message{Raw: append([]byte(nil), b...)}
	var at stun.XORMappedAddress
	if a.Decode() != nil || a.Type != stun.BindingSuccess || a.TransactionID != m.TransactionID || at.GetFrom(a) != nil {
		return "", false
	}
	return at.String(), true
}

// plain is an error without the addresses that are told beside it.
func plain(err error) error {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	if t := net.Error(nil); errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return errSilent
	}
	if errors.Is(err, io.EOF) {
		return errors.New("the connection is closed")
	}
	return err
}
