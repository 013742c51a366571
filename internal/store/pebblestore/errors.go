package pebblestore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
)

// Errors of Open. Each comes wrapped in one line with the folder's path and what to do; the folder is as it was.
var (
	ErrLocked   = errors.New("another process has this store open")
	ErrNewer    = errors.New("this store was written by a newer version of wab")
	ErrForeign  = errors.New("this folder is not a wab store")
	ErrReadOnly = errors.New("this store's folder can't be written")
	ErrFull     = errors.New("the disk of this store is full")
	ErrCorrupt  = errors.New("this store is damaged")
)

// Damage of single values.
var (
	errHead   = fmt.Errorf("%w: a CA's head", ErrCorrupt)
	errDue    = fmt.Errorf("%w: a due entry", ErrCorrupt)
	errGap    = fmt.Errorf("%w: records of the log are missing", ErrCorrupt)
	errNumber = fmt.Errorf("%w: the number of the newest revision, or of the log", ErrCorrupt)
)

var advice = map[error]string{
	ErrLocked:   "stop the other process, or choose another folder",
	ErrNewer:    "start that version or a later one, or choose another folder",
	ErrForeign:  "choose an empty folder, or one that wab has made",
	ErrReadOnly: "give this user the right to write there, or choose another folder",
	ErrFull:     "make room on it and start again",
	ErrCorrupt:  "keep the folder as it is and restore a backup into a new one",
}

// lineError says all on one line, whatever it wraps.
type lineError struct {
	text  string
	cause error
}

func (e *lineError) Error() string { return e.text }
func (e *lineError) Unwrap() error { return e.cause }

// openError makes one clear line of whatever kept a folder from being opened.
func openError(dir string, cause error) error {
	kind := classify(cause)
	if kind == nil {
		return &lineError{"store " + dir + ": " + oneLine(cause.Error()), cause}
	}
	text := "store " + dir + ": " + kind.Error() + ": " + advice[kind]
	if cause.Error() != kind.Error() {
		text += " (" + oneLine(strings.TrimPrefix(cause.Error(), kind.Error()+": ")) + ")"
	}
	return &lineError{text, fmt.Errorf("%w: %w", kind, cause)}
}

func classify(cause error) error {
	for kind := range advice {
		if errors.Is(cause, kind) {
			return kind
		}
	}
	switch {
	case errors.Is(cause, syscall.EROFS), errors.Is(cause, fs.ErrPermission):
		return ErrReadOnly
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		return ErrFull
	case strings.Contains(cause.Error(), "unknown format major version"): // Pebble has no error value for it
		return ErrNewer
	case pebble.IsCorruptionError(cause), errors.Is(cause, pebble.ErrDBDoesNotExist), errors.Is(cause, pebble.ErrDBNotPristine),
		errors.Is(cause, fs.ErrNotExist):
		return ErrCorrupt
	}
	return nil
}

// lockError tells a lock that another process holds from a lock file that can't be made: only the latter names a path.
func lockError(cause error) error {
	if path := (*fs.PathError)(nil); errors.As(cause, &path) {
		return cause
	}
	if errors.Is(cause, syscall.EAGAIN) || errors.Is(cause, syscall.EACCES) || strings.Contains(cause.Error(), "lock held by current process") {
		return ErrLocked
	}
	return cause
}

func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
