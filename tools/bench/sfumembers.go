package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// What is sent: a video of 1.1 Mbit/s, 30 frames a second, each of 4 packets.
const (
	sfuFrame   = time.Second / 30
	sfuPackets = 4
	sfuPayload = 1100 // bytes of a packet, without header, extension and tag
	sfuBare    = sfuPayload + 12 + 8 + 16
)

// listeners are the sockets to which bare loops send.
type listeners struct{ Addrs []string }

func (l listeners) words() (all []any) {
	for _, a := range l.Addrs {
		all = append(all, a)
	}
	return all
}

// members are one publisher and many subscribers, and as many bare sockets.
type members struct {
	listeners
	publisher *sfuMember
	others    []*sfuMember
	sockets   []*net.UDPConn
	out       map[string]net.Conn // to the bare loops, by command
	seq, bare uint16              // the last packet's number, forwarded and copied
	ts        uint32
	arrived   atomic.Int64
}

// membersRole has so many subscribers join the engine at an address, and bare sockets wait for loops at two more.
func membersRole(ctx context.Context, args []string) (*role, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	m := &members{out: map[string]net.Conn{}}
	if err := m.open(ctx, n, args[1], args[2], args[3]); err != nil {
		return nil, errors.Join(err, m.close())
	}
	answer := func(ctx context.Context, command string, args []string) (any, error) {
		ms, err := strconv.Atoi(args[0])
		if err != nil {
			return nil, err
		}
		return m.send(ctx, command, time.Duration(ms)*time.Millisecond)
	}
	return &role{ready: m.listeners, answer: answer, close: m.close}, nil
}

func (m *members) open(ctx context.Context, n int, media, copies, ciphers string) (err error) {
	for range n {
		if err := m.listen(); err != nil {
			return err
		}
	}
	for command, to := range map[string]string{"copy": copies, "cipher": ciphers} {
		if m.out[command], err = net.Dial("udp4", to); err != nil {
			return err
		}
	}
	if m.publisher, err = joinSFU(media, "publisher", true, nil); err != nil {
		return err
	}
	for i := range n {
		s, err := joinSFU(media, fmt.Sprintf("subscriber-%d", i), false, &m.arrived)
		if err != nil {
			return err
		}
		m.others = append(m.others, s)
	}
	return m.warm(ctx)
}

// warm sends until every subscriber hears the publisher.
func (m *members) warm(ctx context.Context) error {
	late, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	for _, s := range m.others {
		for s.heard.Load() == 0 {
			if late.Err() != nil {
				return errors.New("not every subscriber hears the publisher")
			}
			if _, err := m.send(ctx, "forward", 2*sfuFrame); err != nil {
				return err
			}
		}
	}
	return nil
}

// listen opens a bare socket.
func (m *members) listen() error {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	_ = c.SetReadBuffer(1 << 20)
	m.sockets = append(m.sockets, c)
	m.Addrs = append(m.Addrs, c.LocalAddr().String())
	go func() {
		buf := make([]byte, 1500)
		for {
			if _, _, err := c.ReadFromUDPAddrPort(buf); err != nil {
				return
			}
			m.arrived.Add(1)
		}
	}()
	return nil
}

const sfuSettles = 50 * time.Millisecond

// send sends frames for a while, and tells how many packets arrived.
func (m *members) send(ctx context.Context, command string, d time.Duration) (int64, error) {
	before := m.arrived.Load()
	tick := time.NewTicker(sfuFrame)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); {
		if err := m.frame(command); err != nil {
			return 0, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	select {
	case <-time.After(sfuSettles):
	case <-ctx.Done():
	}
	return m.arrived.Load() - before, nil
}

// frame sends the packets of one.
func (m *members) frame(command string) error {
	m.ts += 3000
	for i := range sfuPackets {
		p := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: 1, Timestamp: m.ts, Marker: i == sfuPackets-1}}
		if command == "forward" {
			m.seq++
			p.SequenceNumber = m.seq
			p.Payload = make([]byte, sfuPayload)
			p.Payload[0] = 0x10 // VP8, a key frame's beginning
			if err := m.publisher.track.WriteRTP(&p); err != nil {
				return err
			}
			continue
		}
		m.bare++
		p.SequenceNumber = m.bare
		p.Payload = make([]byte, sfuBare-12)
		b, err := p.Marshal()
		if err != nil {
			return err
		}
		if _, err := m.out[command].Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (m *members) close() (err error) {
	for _, s := range m.others {
		err = errors.Join(err, s.close())
	}
	if m.publisher != nil {
		err = errors.Join(err, m.publisher.close())
	}
	for _, c := range m.sockets {
		err = errors.Join(err, c.Close())
	}
	for _, c := range m.out {
		err = errors.Join(err, c.Close())
	}
	return err
}
