package main

import (
	"errors"
	"os"
)

// Output is what a pin drives. A gadget with real pins has one more of these.
type Output interface {
	// Set switches a pin, which bears the device's name. It must not take longer than a command may.
	Set(pin string, on bool) error
	// Close gives back what the output holds. The gadget has switched its pin off before.
	Close() error
}

// outputs are several as one.
type outputs []Output

func (all outputs) Set(pin string, on bool) (err error) {
	for _, o := range all {
		err = errors.Join(err, o.Set(pin, on))
	}
	return err
}

func (all outputs) Close() (err error) {
	for _, o := range all {
		err = errors.Join(err, o.Close())
	}
	return err
}

// file is one of the system's that takes 1 and 0, whatever the pin is called.
type file struct{ *os.File }

func openFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return file{}, usageError{"The output can't be opened: " + err.Error() + "."}
	}
	return file{f}, nil
}

func (f file) Set(_ string, on bool) error {
	text := "0\n"
	if on {
		text = "1\n"
	}
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
