//go:build !unix

package session

// listenRaw is never called here: no connection is raw.
func (c *Conn) listenRaw() {}
