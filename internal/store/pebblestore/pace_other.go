//go:build !linux

package pebblestore

import "github.com/cockroachdb/pebble/v2/vfs"

func syncInPlace(f vfs.File) error { return f.SyncData() }
