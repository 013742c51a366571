package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/wire"
)

// socket is a WebSocket client that costs as little as it can: no goroutine, no context, one write a frame, a mask of zeros.
type socket struct {
	conn net.Conn
	r    *bufio.Reader
	out  []byte // scratch
	in   []byte // scratch
}

const (
	opBinary = 2
	opClose  = 8
	opPing   = 9
	opPong   = 10
	final    = 0x80
	masked   = 0x80
)

// dial connects to ws://addr/path.
func dial(addr, path string) (*socket, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, r: bufio.NewReaderSize(conn, 4096)}
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", path, addr, wire.Subprotocol)
	answer, err := http.ReadResponse(s.r, nil)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("upgrade refused: %s", answer.Status)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

// dialBare connects to what writes WebSocket frames without a handshake.
func dialBare(addr string) (*socket, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &socket{conn: conn, r: bufio.NewReaderSize(conn, 4096)}, nil
}

func (s *socket) close() error { return s.conn.Close() }

// begin is where a frame's payload is to be appended.
func (s *socket) begin() []byte { return append(s.out[:0], make([]byte, clientHeader)...) }

// clientHeader has room for two bytes, a 16-bit length and the mask.
const clientHeader = 8

// write sends what was appended to begin as one binary message.
func (s *socket) write(frame []byte) error {
	s.out = frame
	return s.send(frame, opBinary)
}

func (s *socket) send(frame []byte, opcode byte) error {
	n := len(frame) - clientHeader
	switch {
	case n < 126:
		frame = frame[2:]
		frame[1] = masked | byte(n)
	case n < 1<<16:
		frame[1] = masked | 126
		binary.BigEndian.PutUint16(frame[2:], uint16(n))
	default:
		return errors.New("the frame is too large for this client")
	}
	frame[0] = final | opcode
	clear(frame[len(frame)-n-4 : len(frame)-n])
	_, err := s.conn.Write(frame)
	return err
}

// read waits for a binary message; it is valid until the next one.
func (s *socket) read() ([]byte, error) {
	for {
		opcode, payload, err := s.frame()
		switch {
		case err != nil:
			return nil, err
		case opcode == opBinary:
			return payload, nil
		case opcode == opPing:
			err = s.send(append(make([]byte, clientHeader), payload...), opPong)
		case opcode == opClose:
			err = errors.New("the server closed the WebSocket")
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *socket) frame() (opcode byte, payload []byte, err error) {
	head, err := s.r.Peek(2)
	if err != nil {
		return 0, nil, err
	}
	opcode, n := head[0]&0x0f, int(head[1])
	s.r.Discard(2)
	if n > 125 {
		if n, err = s.length(n); err != nil {
			return 0, nil, err
		}
	}
	if cap(s.in) < n {
		s.in = make([]byte, n)
	}
	_, err = io.ReadFull(s.r, s.in[:n])
	return opcode, s.in[:n], err
}

// length reads the length of a frame of more than 125 bytes.
func (s *socket) length(short int) (int, error) {
	const most = 64 << 20
	size := 2
	if short == 127 {
		size = 8
	}
	head, err := s.r.Peek(size)
	if err != nil {
		return 0, err
	}
	var n uint64
	for _, b := range head {
		n = n<<8 | uint64(b)
	}
	s.r.Discard(size)
	if n > most {
		return 0, errors.New("the frame is too large for this client")
	}
	return int(n), nil
}

// client is a session client on a socket: one request in flight.
type client struct {
	*socket
	run string
	id  uint64
}

// connect signs in and opens a channel to each CA; the channels bear their places as numbers.
func connect(addr, token, session, run string, cas []name.Name) (*client, error) {
	s, err := dial(addr, "/api/session")
	if err != nil {
		return nil, err
	}
	c := &client{socket: s, run: run}
	err = c.exchange(wire.Hello{Version: wire.Version, Token: token, Client: "bench"}, wire.KindWelcome)
	for i, ca := range cas {
		if err == nil {
			err = c.exchange(wire.Open{Ch: uint32(i), CA: ca.String(), Session: session, Run: run}, wire.KindOpened)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return c, nil
}

type frame interface{ Append([]byte) []byte }

func (c *client) exchange(f frame, want uint64) error {
	_, err := c.ask(f, want)
	return err
}

// ask sends a frame and expects one of a kind.
func (c *client) ask(f frame, want uint64) ([]byte, error) {
	if err := c.write(f.Append(c.begin())); err != nil {
		return nil, err
	}
	got, err := c.read()
	if err != nil || wire.Kind(got) == want {
		return got, err
	}
	return nil, refusal(got)
}

func refusal(frame []byte) error {
	switch wire.Kind(frame) {
	case wire.KindError:
		if f, err := wire.ParseFailure(frame); err == nil {
			return &f.Err
		}
	case wire.KindBye:
		if f, err := wire.ParseBye(frame); err == nil {
			return fmt.Errorf("bye: %s: %s", f.Code, f.Message)
		}
	}
	return fmt.Errorf("an unexpected frame: %x", frame)
}

// request calls a method and waits for its reply.
func (c *client) request(ch uint32, method string, args []byte) ([]byte, error) {
	c.id++
	return c.ask(wire.Request{Ch: ch, ID: c.id, Floor: c.id, Method: method, Args: args}, wire.KindReply)
}
