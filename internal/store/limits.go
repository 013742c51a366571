package store

import "errors"

// Limits of every backend, in bytes.
const (
	MaxWrite = 32 << 20 // a write's keys and values together
	MaxKey   = 512      // a side key
	MaxName  = 256      // a CA's name
)

// Size is the number of bytes in a write's keys and values.
func (w *Write) Size() int {
	n := len(w.CA) + len(w.Keep)
	for i := range w.Puts {
		n += len(w.Puts[i].Key) + len(w.Puts[i].Value)
	}
	for _, key := range w.Deletes {
		n += len(key)
	}
	return n
}

// Check is what every backend asks before it looks at a write: ErrName or ErrTooLarge, or nil.
func (w *Write) Check() error {
	if err := CheckName(w.CA); err != nil {
		return err
	}
	for i := range w.Puts {
		if len(w.Puts[i].Key) > MaxKey {
			return ErrTooLarge
		}
	}
	for _, key := range w.Deletes {
		if len(key) > MaxKey {
			return ErrTooLarge
		}
	}
	if len(w.Keep) > MaxKey || w.Size() > MaxWrite {
		return ErrTooLarge
	}
	return nil
}

// CheckName refuses what would leave a CA's own part of the key space: names are 1 to MaxName bytes of printable ASCII.
func CheckName(ca string) error {
	if ca == "" || len(ca) > MaxName {
		return ErrName
	}
	for i := 0; i < len(ca); i++ {
		if ca[i] <= ' ' || ca[i] > '~' {
			return ErrName
		}
	}
	return nil
}

// Known tells whether an error of a Write leaves no doubt: nothing was written.
func Known(err error) bool {
	return errors.Is(err, ErrConflict) || errors.Is(err, ErrTooLarge) || errors.Is(err, ErrName) || errors.Is(err, ErrClosed)
}
