package scribe

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/wabgo/wab/wasm/client"
)

// Serve writes into a file what a Journal, journal:owner/local, asks for, until ctx ends or the server wants no more of it.
func Serve(ctx context.Context, server, token, ca, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	lines, err := recall(f)
	if err != nil {
		return err
	}
	c, err := client.Dial(ctx, server, client.Options{Token: token, Name: "scribe"})
	if err != nil {
		return err
	}
	defer c.Close()
	write := func(d *client.Device, a client.Args) error {
		var n int
		var line string
		if err := a.Decode(&n, &line); err != nil || n <= lines {
			return err // what is written already is asked for again if we had no time to say so
		}
		if _, err := fmt.Fprintln(f, n, line); err != nil {
			return err
		}
		lines = n
		return d.Report("lines", lines)
	}
	d, err := c.Device(ctx, ca, "scribe", client.DeviceOptions{
		Setup:    func(d *client.Device) error { return d.Report("lines", lines) },
		Commands: map[string]func(*client.Device, client.Args) error{"write": write},
	})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { d.Close() })()
	return d.Wait()
}

// recall finds out the number of the last line, and takes away what was begun behind it.
func recall(f *os.File) (n int, err error) {
	text, err := os.ReadFile(f.Name())
	if err != nil {
		return 0, err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	if last := text[bytes.LastIndexByte(bytes.TrimSuffix(text, []byte("\n")), '\n')+1:]; len(last) > 0 {
		if _, err := fmt.Sscan(string(last), &n); err != nil {
			return 0, fmt.Errorf("%s is no journal: its last line has no number", f.Name())
		}
	}
	return n, f.Truncate(int64(len(text)))
}
