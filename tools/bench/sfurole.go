package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/wabgo/wab/internal/call/sfu"
)

// sfuRole is an engine with one room. Whoever connects by TCP joins it, says its name, and signals as over a session.
func sfuRole(context.Context, []string) (*role, error) {
	e, err := sfu.New(sfu.Options{UDP: "127.0.0.1:0", Loopback: true})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	room := e.Room(sfu.RoomOptions{Levels: func([]sfu.Level, string) {}})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { _ = admit(room, c) })
		}
	})
	end := func() error { return errors.Join(l.Close(), e.Close()) }
	answer := func(_ context.Context, command string, _ []string) (any, error) {
		if command != "stats" {
			return nil, fmt.Errorf("unknown command %s", command)
		}
		return e.Stats(), nil
	}
	return &role{ready: address{l.Addr().String()}, answer: answer, close: end}, nil
}

// admit lets a member in for as long as it is connected.
func admit(room *sfu.Room, c net.Conn) error {
	defer c.Close()
	name, err := readSignal(c)
	if err != nil {
		return err
	}
	p, err := room.Join(sfu.PeerOptions{Member: string(name), Signal: func(s sfu.Signal) { _ = writeSignal(c, s) }})
	if err != nil {
		return err
	}
	defer p.Close()
	p.Allow(true, true)
	for {
		b, err := readSignal(c)
		if err != nil {
			return err
		}
		s, err := sfu.Decode(b)
		if err == nil {
			err = p.Receive(s)
		}
		if err != nil {
			return err
		}
	}
}

// A signal on a bare connection is its length, in four bytes, and itself.
func writeSignal(c net.Conn, s sfu.Signal) error {
	b, err := sfu.Encode(s)
	if err != nil {
		return err
	}
	return writeFramed(c, b)
}

func writeFramed(c net.Conn, b []byte) error {
	_, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readSignal(c net.Conn) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	_, err := io.ReadFull(c, b)
	return b, err
}
