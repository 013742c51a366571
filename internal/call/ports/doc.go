// Package ports has one UDP port and one TCP port serve all that calls need: media (ICE, DTLS, SRTP; ICE-TCP), STUN and TURN; and HTTP, too, on the TCP port, if that is wanted.
// So an operator opens one number for both, and finds one place to look at.
//
// # Who gets what
//
// The first bytes tell, by RFC 7983 and the shapes of the protocols. UDP: channel data of TURN (first byte 64–127) and STUN messages that are not ICE's (another method
// than Binding, or a Binding request without USERNAME) are the relay's, all else is media's. TCP: a connection that begins with more than 19 is HTTP's (letters, or a TLS
// record); STUN begins with a type and has its cookie at byte 4 and is the relay's; ICE-TCP puts a length before it (RFC 4571), so the cookie is at byte 6, and is media's.
// Others, and those that are silent for ten seconds, are closed.
//
// # Guarantees
//
// Connections are looked at without taking anything from them (MSG_PEEK), and handed on as they are: HTTP's are the very *net.TCPConn that was accepted (not so where
// sockets can't be looked at: Windows). Media's reader
// reads the socket itself: its datagrams are not copied, and none of them waits for the relay. Datagrams for a relay that is too slow are lost, 512 may wait.
//
// # Limits
//
// 1,024 connections of media at a time, 128 from one address. Those of the relay it counts itself, those of HTTP nobody counts, as without this package.
//
// # Locks
//
// Ports.mu and lane.mu are leaves, held across no I/O. Close ends the port's goroutines and waits.
package ports
