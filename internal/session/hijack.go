package session

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
)

// A hijacker catches the net.Conn under an upgrade. coder/websocket gets a stand-in for it, on which it says nothing after the handshake.
type hijacker struct {
	http.ResponseWriter
	conn  net.Conn
	early []byte // what an eager client has sent behind its upgrade request
}

func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, brw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, err := brw.Peek(brw.Reader.Buffered())
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	h.conn, h.early = conn, bytes.Clone(early)
	return standIn{conn}, brw, nil
}

// standIn lets the library close what it was given, by a finalizer at the latest, while the connection lives on.
type standIn struct{ net.Conn }

func (standIn) Close() error { return nil }
