package ports

import (
	"bufio"
	"net"
)

// peekAhead tells whose a connection is where that can't be told without reading from it: the connection that it returns reads the same bytes again.
func peekAhead(conn net.Conn) (Kind, net.Conn, error) {
	in := bufio.NewReader(conn)
	for n := 1; ; n++ {
		head, err := in.Peek(n)
		if err != nil {
			return Nobody, conn, err
		}
		if kind, more := Stream(head); !more {
			return kind, ahead{conn, in}, nil
		}
	}
}

// ahead is a connection of which some bytes have been read ahead.
type ahead struct {
	net.Conn
	in *bufio.Reader
}

func (a ahead) Read(b []byte) (int, error) { return a.in.Read(b) }
