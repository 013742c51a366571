// Package wabproc runs the wab command as a process of its own, for tests that treat it as an operator does: wait for its one line, talk to it over HTTP, kill it
// with -9, stop it with SIGTERM, and start it again on the same port and the same data.
//
// # Use
//
// A package's TestMain runs a wabproc.M: the command is built when a test first asks for it, from the sources as they are, and removed at the end. What a
// test starts ends with the test at the latest; nothing else is ever ended.
//
// # Ports
//
// A server that comes back must find its port free. Ports that the system hands out for outgoing connections won't do: a client that dials a dead server
// on such a port may be given that very port for its own end, and is then connected to itself. So ports are taken from below that range, and each is held for its test until that ends: tests of other packages run at the same time, and look for ports, too.
//
// # Goroutines and locks
//
// Each process has one goroutine that reads its output and waits for its end. Logs.mu guards the text of the logs and nothing else.
package wabproc
