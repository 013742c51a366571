//go:build !unix

package session

import "syscall"

// attempt does nothing here: all writes wait.
type attempt struct{}

func (*attempt) prepare() {}

func (*attempt) write(syscall.RawConn, []byte) (int, error) { return 0, nil }

func rawConn(any) syscall.RawConn { return nil }
