//go:build !unix

package ports

import "net"

// peek tells whose a connection is.
func peek(conn net.Conn) (Kind, net.Conn, error) { return peekAhead(conn) }
