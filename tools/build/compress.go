package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"sort"

	"github.com/andybalholm/brotli"
)

// compress makes the best Brotli and gzip forms of data, from the cache where it holds them.
func compress(data []byte) (br, gz []byte, err error) {
	br, err = cached(data, ".br", func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterOptions(w, brotli.WriterOptions{Quality: brotli.BestCompression, LGWin: 24}), nil
	})
	if err != nil {
		return nil, nil, err
	}
	gz, err = cached(data, ".gz", func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	})
	return br, gz, err
}

// cached returns the compressed form of data, kept by the hash of data. A cache that can't be used is only slow.
func cached(data []byte, suffix string, open func(io.Writer) (io.WriteCloser, error)) ([]byte, error) {
	sum := sha256.Sum256(data)
	path := filepath.Join(cacheDir(), hex.EncodeToString(sum[:])+suffix)
	if out, err := os.ReadFile(path); err == nil {
		return out, nil
	}
	var buf bytes.Buffer
	w, err := open(&buf)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if writeFile(path, buf.Bytes()) == nil {
		pruneCache(cacheDir(), maxCached)
	}
	return buf.Bytes(), nil
}

func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "wab", "compressed")
}

// maxCached bounds the cache's files: a few dozen builds.
const maxCached = 256

// pruneCache removes the oldest files beyond max. Failures don't matter: the next build tries again.
func pruneCache(dir string, max int) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) <= max {
		return
	}
	age := func(e os.DirEntry) int64 {
		info, err := e.Info()
		if err != nil {
			return 0
		}
		return info.ModTime().UnixNano()
	}
	sort.Slice(entries, func(i, j int) bool { return age(entries[i]) < age(entries[j]) })
	for _, e := range entries[:len(entries)-max] {
		os.Remove(filepath.Join(dir, e.Name()))
	}
}
