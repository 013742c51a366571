package main

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// manifest tells which file holds which asset. web/manifest.go reads it.
type manifest struct {
	Build  string           `json:"build"`  // hash of all assets
	Assets map[string]asset `json:"assets"` // by stable name, such as "wab.js"
}

type asset struct {
	File      string `json:"file"`      // name with the content's hash
	Integrity string `json:"integrity"` // sha384, as in an integrity attribute
	Size      int    `json:"size"`      // bytes as they are
	Brotli    int    `json:"brotli"`    // bytes of the .br twin
	Gzip      int    `json:"gzip"`      // bytes of the .gz twin
}

const manifestFile = "manifest.json"

func readManifest(dist string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(filepath.Join(dist, manifestFile))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(data, &m)
}

// output collects the assets of one build.
type output struct {
	dist string
	m    manifest
}

func newOutput(dist string) *output {
	return &output{dist: dist, m: manifest{Assets: map[string]asset{}}}
}

// add writes one asset and its compressed twins.
func (o *output) add(name string, data []byte) error {
	br, gz, err := compress(data)
	if err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	a := asset{File: hashedName(name, data), Integrity: integrity(data), Size: len(data), Brotli: len(br), Gzip: len(gz)}
	for _, f := range []struct {
		suffix string
		data   []byte
	}{{"", data}, {".br", br}, {".gz", gz}} {
		if err := writeFile(filepath.Join(o.dist, a.File+f.suffix), f.data); err != nil {
			return err
		}
	}
	o.m.Assets[name] = a
	say("%-24s %9d B  brotli %7d B  gzip %7d B", name, a.Size, a.Brotli, a.Gzip)
	return nil
}

// finish publishes the build: the manifest, then the stamp; then it removes what no manifest names any more.
func (o *output) finish(inputs string) error {
	o.m.Build = buildID(o.m.Assets)
	data, err := json.MarshalIndent(o.m, "", "  ")
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(o.dist, manifestFile), append(data, '\n')); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(o.dist, stampFile), []byte(inputs+"\n")); err != nil {
		return err
	}
	return o.removeOld()
}

func (o *output) removeOld() error {
	keep := map[string]bool{manifestFile: true, stampFile: true, ".keep": true}
	for _, a := range o.m.Assets {
		keep[a.File], keep[a.File+".br"], keep[a.File+".gz"] = true, true, true
	}
	entries, err := os.ReadDir(o.dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if keep[e.Name()] || strings.HasSuffix(e.Name(), tempSuffix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(o.dist, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func buildID(assets map[string]asset) string {
	names := make([]string, 0, len(assets))
	for name := range assets {
		names = append(names, name)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s %s\n", name, assets[name].Integrity)
	}
	return shortHash(h.Sum(nil))
}

// hashedName puts the content's hash before the extension: wab.js → wab-k3j5….js.
func hashedName(name string, data []byte) string {
	ext := filepath.Ext(name)
	sum := sha256.Sum256(data)
	return strings.TrimSuffix(name, ext) + "-" + shortHash(sum[:]) + ext
}

// shortHash keeps 80 bits: enough for names that only have to differ.
func shortHash(sum []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

func integrity(data []byte) string {
	sum := sha512.Sum384(data)
	return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
}

const tempSuffix = ".tmp"

// writeFile replaces a file at once: readers see the old content or the new.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*"+tempSuffix)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
