package methods

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
)

// maxKept is how many versions of the module stay compiled in a cache folder: 20 MB each.
const maxKept = 3

// openCache gives the place for machine code. A folder that can't be used is only slow: then nothing is kept.
func openCache(dir string, module []byte) wazero.CompilationCache {
	if dir != "" {
		if cache, err := openFolder(dir, module); err == nil {
			return cache
		}
	}
	return wazero.NewCompilationCache()
}

// openFolder keeps each version of the module in a folder of its own, and removes those that were used longest ago.
func openFolder(dir string, module []byte) (wazero.CompilationCache, error) {
	sum := sha256.Sum256(module)
	own := filepath.Join(dir, hex.EncodeToString(sum[:8]))
	if err := os.MkdirAll(own, 0o700); err != nil {
		return nil, fmt.Errorf("cache of machine code: %w", err)
	}
	now := time.Now()
	if err := errors.Join(os.Chtimes(own, now, now), prune(dir)); err != nil {
		return nil, fmt.Errorf("cache of machine code: %w", err)
	}
	return wazero.NewCompilationCacheWithDir(own)
}

func prune(dir string) error {
	versions, err := filepath.Glob(filepath.Join(dir, "????????????????"))
	if err != nil || len(versions) <= maxKept {
		return err
	}
	slices.SortFunc(versions, func(a, b string) int { return usedAt(b).Compare(usedAt(a)) })
	for _, old := range versions[maxKept:] {
		err = errors.Join(err, os.RemoveAll(old))
	}
	return err
}

func usedAt(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
