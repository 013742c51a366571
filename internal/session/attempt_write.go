//go:build unix && (!linux || 386)

package session

import "syscall" // which has no sendto on linux/386

func writeOnce(fd uintptr, b []byte) (int, error) { return syscall.Write(int(fd), b) }

func readOnce(fd uintptr, b []byte) (int, error) { return syscall.Read(int(fd), b) }
