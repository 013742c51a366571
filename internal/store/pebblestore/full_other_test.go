//go:build !unix

package pebblestore

func limitFiles() { panic("limits of files are told on Unix only") }
