package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// data looks at the server's folder, where it is on this machine.
func (c *checker) data(context.Context) {
	dir := c.target.Data
	if dir == "" {
		return
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.fail("data", "there is no folder "+dir, "Start the server once, or name its folder with --data.")
	case err != nil:
		c.fail("data", err.Error(), "See that this user may read it.")
	case !info.IsDir():
		c.fail("data", dir+" is not a folder", "Name the server's folder with --data.")
	default:
		c.inside(dir, info.Mode())
	}
}

func (c *checker) inside(dir string, mode fs.FileMode) {
	key, err := os.Stat(filepath.Join(dir, "account.key"))
	switch {
	case err != nil:
		c.fail("data", fmt.Sprintf("%s has no account key: %v", dir, err), "Start the server once; never lose this file: all tokens hang on it.")
		return
	case key.Mode().Perm()&0o077 != 0:
		c.fail("data", "others on this machine can read the account key", "Take it from them: chmod 600 "+filepath.Join(dir, "account.key"))
		return
	case mode.Perm()&0o022 != 0:
		c.warn("data", "others on this machine may write to the folder", "Take that from them: chmod go-w "+dir)
		return
	}
	probe, err := os.CreateTemp(dir, ".check-*")
	if err != nil {
		c.fail("data", fmt.Sprintf("nothing can be written to the folder: %v", err), "See that the server's user owns it, and that the disk is neither full nor read-only.")
		return
	}
	_, err = probe.Write(make([]byte, 1<<20))
	err = errors.Join(err, probe.Sync(), probe.Close(), os.Remove(probe.Name()))
	if err != nil {
		c.fail("data", fmt.Sprintf("the disk takes no more: %v", err), "Make room on the disk: without it the server ends itself.")
		return
	}
	c.ok("data", dir+" can be written to")
}
