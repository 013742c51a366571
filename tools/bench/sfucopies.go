package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// copies is the limit of what can be forwarded: one loop that reads a packet from a socket and sends it to each of many others.
type copies struct {
	*net.UDPConn
	to    []netip.AddrPort
	keys  []*srtp.Context // one for each of to, where copies are encrypted
	ended chan struct{}
}

// copiesRole copies packets as they are ("plain") or encrypts each copy as SRTP does ("srtp"), once it is told to whom.
func copiesRole(_ context.Context, args []string) (*role, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(8 << 20)
	_ = c.SetWriteBuffer(8 << 20)
	l := &copies{UDPConn: c}
	answer := func(_ context.Context, command string, to []string) (any, error) {
		if command != "to" {
			return nil, fmt.Errorf("unknown command %s", command)
		}
		return nil, l.begin(to, args[0] == "srtp")
	}
	return &role{ready: address{c.LocalAddr().String()}, answer: answer, close: l.close}, nil
}

func (l *copies) begin(to []string, encrypt bool) error {
	for _, text := range to {
		addr, err := netip.ParseAddrPort(text)
		if err != nil {
			return err
		}
		l.to = append(l.to, addr)
		if !encrypt {
			continue
		}
		k, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm)
		if err != nil {
			return err
		}
		l.keys = append(l.keys, k)
	}
	l.ended = make(chan struct{})
	go func() {
		defer close(l.ended)
		if encrypt {
			l.cipher()
			return
		}
		l.copy()
	}()
	return nil
}

func (l *copies) copy() {
	buf := make([]byte, 1500)
	for {
		n, _, err := l.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		for _, to := range l.to {
			_, _ = l.WriteToUDPAddrPort(buf[:n], to)
		}
	}
}

func (l *copies) cipher() {
	buf, out := make([]byte, 1500), make([]byte, 1500)
	var header rtp.Header
	for {
		n, _, err := l.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		for i, to := range l.to {
			b, err := l.keys[i].EncryptRTP(out, buf[:n-16], &header) // the tag makes up for what is left off
			if err != nil {
				return
			}
			_, _ = l.WriteToUDPAddrPort(b, to)
		}
	}
}

func (l *copies) close() error {
	err := l.UDPConn.Close()
	if l.ended != nil {
		<-l.ended
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
