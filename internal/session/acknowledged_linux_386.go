package session

// acknowledged can't be told: package syscall has no getsockopt here.
func acknowledged(uintptr) uint64 { return 0 }
