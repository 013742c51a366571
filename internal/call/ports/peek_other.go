//go:build !unix

package ports

import "net"

const canPeek = false

func peek(net.Conn) (Kind, error) { return Nobody, ErrShared }
