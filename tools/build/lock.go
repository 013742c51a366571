package main

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockBuild waits until no other build of this module runs: one would remove the files that the other has just made. The lock is a file with
// the holder's process id, so that a holder that was killed holds nobody up.
func lockBuild(root string) (unlock func(), err error) {
	sum := sha256.Sum256([]byte(root))
	path := filepath.Join(filepath.Dir(cacheDir()), "build-"+shortHash(sum[:])+".lock")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	for told := false; ; told = true {
		err := takeLock(path)
		if err == nil {
			return func() { os.Remove(path) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if abandoned(path) {
			os.Remove(path)
			continue
		}
		if !told {
			say("waiting for another build")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// takeLock makes the file with its content at once: a link to a file that is written already.
func takeLock(path string) error {
	own := path + "." + strconv.Itoa(os.Getpid())
	if err := os.WriteFile(own, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return err
	}
	defer os.Remove(own)
	return os.Link(own, path)
}

// abandoned tells whether the holder is no process any more.
func abandoned(path string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		return false // just released
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return true
	}
	p, err := os.FindProcess(pid)
	return err != nil || errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
