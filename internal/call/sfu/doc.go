// Package sfu forwards the media of calls: each member of a room sends once to the server and receives what the others send.
package sfu
