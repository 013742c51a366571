package logring

import (
	"errors"
	"os"
)

// ErrRefused means that the kernel has not carried out a chain, and that nothing has failed: the caller does all of it in another way.
var ErrRefused = errors.New("io_uring has not carried this out")

// ErrClosed is what a closed ring says.
var ErrClosed = os.ErrClosed
