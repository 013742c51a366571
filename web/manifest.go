package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
)

// manifest is what tools/build wrote about its output.
type manifest struct {
	Build  string           `json:"build"`
	Assets map[string]asset `json:"assets"` // by stable name
}

type asset struct {
	File      string `json:"file"`
	Integrity string `json:"integrity"`
}

const manifestName = "manifest.json"

func readManifest(fsys fs.FS) (manifest, error) {
	var m manifest
	data, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", manifestName, err)
	}
	return m, nil
}
