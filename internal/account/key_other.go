//go:build !unix

package account

import "io/fs"

// Elsewhere access lists decide, which Go's file modes don't show.
func ownedByUs(fs.FileInfo) bool { return true }

func readableByOthers(fs.FileInfo) bool { return false }
