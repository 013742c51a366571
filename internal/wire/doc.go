// Package wire holds the frames and error codes of the session protocol.
package wire
