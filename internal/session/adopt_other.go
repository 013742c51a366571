//go:build !linux

package session

import (
	"io"
	"net"
)

// reactor reads nothing here: each connection has a goroutine.
type reactor struct{}

func (*reactor) close() {}

type socket struct{}

func (*socket) begin(*Conn, []byte) {}

func (*socket) abandon() {}

func (*Server) adopt(c net.Conn) (line io.ReadWriteCloser, own *socket) { return c, nil }
