// Package ports has one UDP port and one TCP port serve what calls need: media and STUN by UDP, media and the relay by TCP, and HTTP, too, on the TCP port, if that is wanted. So an
// operator opens one number for both, and finds one place to look at. The relay by UDP has a port of its own, if any.
//
// # Who gets what
//
// The first bytes tell, by RFC 7983 and the shapes of the protocols. UDP: a Binding request without a USERNAME is no check of ICE's but a question for one's own address, and
// answered here; what belongs to TURN (first byte 64–127, or another STUN method than Binding) is lost; all else is media's. TCP: a connection that begins with
// more than 19 is HTTP's (letters, or a TLS record); STUN begins with a type and has its cookie at byte 4 and is the relay's; ICE-TCP puts a length before it (RFC 4571), so
// the cookie is at byte 6, and is media's. Others, and those that are silent for ten seconds, are closed.
//
// # Why the relay has a UDP port of its own
//
// Browsers send to the relay and to media from one socket, and tell by the other end's address what comes back: Chromium takes all that comes from a relay's address for the
// relay's. If media were there, too, its answers would never be heard, and no path be direct.
//
// # Guarantees
//
// Connections are looked at without taking anything from them (MSG_PEEK), and handed on as they are: HTTP's are the very *net.TCPConn that was accepted (not so where
// sockets can't be looked at: Windows). Media's reader
// reads the socket itself: its datagrams are not copied, and none of them waits for others.
//
// # Limits
//
// 1,024 connections of media at a time, 128 from one address. Those of the relay it counts itself, those of HTTP nobody counts, as without this package.
//
// # Locks
//
// Ports.mu and lane.mu are leaves, held across no I/O. Close ends the port's goroutines and waits.
package ports
