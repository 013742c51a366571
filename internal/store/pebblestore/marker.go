package pebblestore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// version is that of the layout in doc.go.
const version = 2

// markerName is the file that says what a folder is, so that Pebble never touches one that is not ours to touch; and which file of the log is the newest, so that it is missed.
const markerName = "WAB-STORE"

// folder is what a look into a folder finds, before anything is written.
type folder int

const (
	folderMissing folder = iota // or empty, but for what an interrupted creation leaves
	folderBegun                 // the marker stands, the store may not be complete: nothing was ever committed to it
	folderReady
)

// inspect looks into a folder without changing it.
func inspect(fsys vfs.FS, dir string) (folder, error) {
	names, err := fsys.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return folderMissing, nil
	}
	if err != nil {
		return 0, err
	}
	foreign := false
	for _, name := range names {
		switch name {
		case markerName:
			return readMarker(fsys, dir)
		case markerName + ".new", "LOCK", "lost+found":
		default:
			foreign = true
		}
	}
	if foreign {
		return 0, ErrForeign
	}
	return folderMissing, nil
}

func readMarker(fsys vfs.FS, dir string) (folder, error) {
	text, err := markerText(fsys, dir)
	if err != nil {
		return 0, err
	}
	return parseMarker(text)
}

func markerText(fsys vfs.FS, dir string) ([]byte, error) {
	f, err := fsys.Open(fsys.PathJoin(dir, markerName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 256))
}

// parseMarker takes "wab store VERSION", and " new" behind it until the store is complete.
func parseMarker(text []byte) (folder, error) {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	words := bytes.Fields(line)
	if len(words) < 3 || string(words[0]) != "wab" || string(words[1]) != "store" {
		return 0, fmt.Errorf("%w: %s", ErrCorrupt, markerName)
	}
	v, err := strconv.ParseUint(string(words[2]), 10, 32)
	switch {
	case err != nil || v == 0:
		return 0, fmt.Errorf("%w: %s", ErrCorrupt, markerName)
	case v > version:
		return 0, fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, v, version)
	case len(words) > 3:
		return folderBegun, nil
	}
	return folderReady, nil
}

// newestLog is the number in the marker's line "log NUMBER", 0 if it has none.
func newestLog(fsys vfs.FS, dir string) (wal.NumWAL, error) {
	text, err := markerText(fsys, dir)
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(text, []byte("\nlog "))
	if !found {
		return 0, nil
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseUint(string(line), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %s", ErrCorrupt, markerName)
	}
	return wal.NumWAL(n), nil
}

// writeMarker puts the marker there as a whole, and durably. newest is the newest file of the log that may hold what is nowhere else, 0 if there is none.
func writeMarker(fsys vfs.FS, dir string, state folder, newest wal.NumWAL) error {
	text := fmt.Sprintf("wab store %d", version)
	if state == folderBegun {
		text += " new"
	}
	text += "\nThe state of Cloud Assistants. Change nothing here by hand.\n"
	if newest != 0 {
		text += fmt.Sprintf("log %d\n", newest)
	}
	next, path := fsys.PathJoin(dir, markerName+".new"), fsys.PathJoin(dir, markerName)
	if err := writeSynced(fsys, next, text); err != nil {
		return err
	}
	if err := fsys.Rename(next, path); err != nil {
		return err
	}
	return syncDir(fsys, dir)
}

func writeSynced(fsys vfs.FS, path, text string) error {
	f, err := fsys.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(text))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(fsys vfs.FS, dir string) error {
	d, err := fsys.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes a folder and those above it, and makes them survive a power cut.
func makeDir(fsys vfs.FS, dir string) error {
	var made []string
	for at := dir; ; at = fsys.PathDir(at) {
		if _, err := fsys.Stat(at); err == nil {
			break
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		made = append(made, at)
		if parent := fsys.PathDir(at); parent == at {
			break
		}
	}
	if err := fsys.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, at := range made {
		if err := syncDir(fsys, fsys.PathDir(at)); err != nil {
			return err
		}
	}
	return nil
}
