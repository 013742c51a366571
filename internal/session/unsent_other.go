//go:build !linux

package session

import "net"

// Unsent is how many bytes the system holds of what was written to a connection, and how many the other side has taken. Here that can't be told.
func Unsent(net.Conn) (left int, taken uint64) { return 0, 0 }

func unsent(any) (left int, taken uint64) { return 0, 0 }
