package sfu

import (
	"errors"
	"fmt"
	"net"

	"github.com/pion/ice/v4"

	"github.com/wabgo/wab/internal/call/pionlog"
)

// ports are the sockets of an engine, shared by all its peers.
type ports struct {
	udp    net.PacketConn
	batch  *batchConn // udp itself; nil on a virtual network
	tcp    net.Listener
	udpMux ice.UDPMux
	tcpMux ice.TCPMux
}

// socketBuffer is what the UDP port may hold in the kernel, each way: a key frame to 60 members is 100 packets of 1,200 bytes for each.
const socketBuffer = 8 << 20

// slowTCP is how many bytes wait for a member that reads its TCP connection too slowly, before packets for it are dropped.
const slowTCP = 512 << 10

func openPorts(o Options) (*ports, error) {
	p := &ports{}
	if err := p.openUDP(o); err != nil {
		return nil, err
	}
	if o.TCP == "" && o.Listener == nil {
		return p, nil
	}
	l, err := o.listener()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("media's TCP port %s: %w", o.TCP, err), p.close())
	}
	p.tcp = l
	p.tcpMux = ice.NewTCPMuxDefault(ice.TCPMuxParams{Listener: l, Logger: pionlog.To(o.Log).NewLogger("tcp"), ReadBufferSize: 64, WriteBufferSize: slowTCP})
	return p, nil
}

func (o Options) listener() (net.Listener, error) {
	if o.Listener != nil {
		return o.Listener, nil
	}
	return net.Listen("tcp", o.TCP)
}

func (p *ports) openUDP(o Options) error {
	addr, err := net.ResolveUDPAddr("udp", o.UDP)
	if err != nil {
		return fmt.Errorf("media's UDP port %s: %w", o.UDP, err)
	}
	if err := p.listenUDP(o, addr); err != nil {
		return fmt.Errorf("media's UDP port %s: %w", o.UDP, err)
	}
	p.udpMux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: p.udp, Logger: pionlog.To(o.Log).NewLogger("udp"), Net: o.Net})
	return nil
}

func (p *ports) listenUDP(o Options, addr *net.UDPAddr) error {
	if o.Net != nil {
		c, err := o.Net.ListenUDP("udp", addr)
		p.udp = c
		return err
	}
	c, err := o.UDPConn, error(nil)
	if c == nil {
		c, err = net.ListenUDP("udp", addr)
	}
	if err != nil {
		return err
	}
	_ = c.SetReadBuffer(socketBuffer) // as much as the system grants
	_ = c.SetWriteBuffer(socketBuffer)
	p.batch = newBatchConn(c, o.Other)
	p.udp = p.batch
	return nil
}

// together lets packets that are sent until the returned function is called travel in few system calls.
func (p *ports) together() (sent func()) {
	if p.batch == nil {
		return func() {}
	}
	return p.batch.together()
}

func (p *ports) close() error {
	var errs []error
	if p.tcpMux != nil {
		errs = append(errs, p.tcpMux.Close())
	}
	return errors.Join(append(errs, p.udpMux.Close())...)
}
