package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"
)

// bareKind is the first byte of what a bare loop writes, as a frame's kind would be: no frame bears it.
const bareKind = 0

// A fan is the limit of what can be brought to many sockets: one loop that writes the same bytes to each, and looks at nothing.
type fan struct {
	net.Listener
	conns []net.Conn
	frame []byte // a WebSocket frame, ready to be written
}

// fanRole accepts sockets until there are as many as its argument says.
func fanRole(_ context.Context, args []string) (*role, error) {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &fan{Listener: l}
	ready := make(chan error, 1)
	go func() { ready <- f.accept(n) }()
	answer := func(ctx context.Context, command string, args []string) (any, error) {
		if ready != nil {
			if err := <-ready; err != nil {
				return nil, err
			}
			ready = nil
		}
		return f.answer(command, args)
	}
	return &role{ready: address{l.Addr().String()}, answer: answer, close: f.close}, nil
}

func (f *fan) accept(n int) error {
	for len(f.conns) < n {
		c, err := f.Listener.Accept()
		if err != nil {
			return err
		}
		f.conns = append(f.conns, c)
	}
	return nil
}

func (f *fan) close() error {
	err := f.Listener.Close()
	for _, c := range f.conns {
		err = errors.Join(err, c.Close())
	}
	return err
}

// answer sets the size of the payload ("size"), writes a frame to every socket ("write"), or as many frames joined as it is told, again and
// again for some milliseconds ("joined").
func (f *fan) answer(command string, args []string) (any, error) {
	var numbers [2]int
	for i := range args {
		n, err := strconv.Atoi(args[i])
		if err != nil {
			return nil, err
		}
		numbers[i] = n
	}
	switch command {
	case "size":
		f.frame = bareFrame(numbers[0])
		return nil, nil
	case "write":
		return nil, f.write(f.frame)
	case "joined":
		return f.joined(numbers[0], time.Duration(numbers[1])*time.Millisecond)
	}
	return nil, fmt.Errorf("unknown command %s", command)
}

// bareFrame is a binary frame that no client takes for one of the protocol.
func bareFrame(size int) []byte {
	frame := []byte{final | opBinary, byte(size)}
	if size > 125 {
		frame = []byte{final | opBinary, 126, byte(size >> 8), byte(size)}
	}
	payload := make([]byte, size)
	payload[0] = 0x81 // an array of one: its kind
	payload[1] = bareKind
	return append(frame, payload...)
}

func (f *fan) write(b []byte) error {
	for _, c := range f.conns {
		if _, err := c.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// joined writes so many frames at once to each socket. It tells how many frames went out to each.
func (f *fan) joined(frames int, d time.Duration) (s slot, err error) {
	b := bytes.Repeat(f.frame, frames)
	return measure(cpuUsed, func() (n int64, err error) {
		for end := time.Now().Add(d); err == nil && time.Now().Before(end); n += int64(frames) {
			err = f.write(b)
		}
		return n, err
	})
}
