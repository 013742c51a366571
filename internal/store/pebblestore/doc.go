// Package pebblestore is a store.Store in one folder of one process, on Pebble.
package pebblestore
