// Package outgoing makes HTTP calls to hosts that nobody here has chosen: apps and their users have. It is a client that does less than others do.
//
// # Networks
//
// A call reaches public addresses only: no private, loopback, link-local, multicast, reserved or shared ones, none of a cloud's inner services, and no IPv6 address that
// leads to one of these (mapped, compatible, NAT64, 6to4, ISATAP). An operator may open networks (Options.Open). The address is checked at connect, after every
// resolution, so a name that points elsewhere the second time is not believed the first time; and whatever form a number in a URL has, what is checked is
// where the packets would go.
//
// # Calls
//
// http and https only, HTTP/1.1 only. No redirect is followed and no upgrade accepted, no proxy is taken from the environment, no cookie kept, no compression asked for
// and none undone: an answer is as large as what came. What a call may take is bounded: its whole time, the answer's head and the answer's body. Connections are kept for a
// while and used again.
//
// # Turns
//
// Calls beyond the limits wait in line. There are limits for all, for each host and port, and for each owner; free places go round between owners, then between an owner's
// hosts, so that neither a host that never answers nor an owner with thousands of calls holds the others up. The line itself is as long as those who call make it.
//
// # Errors
//
// They are *wire.Error. BadRequest, NotAllowed (a closed network) and TooLarge stay as they are however often one tries; Unavailable and Deadline may pass. They name neither
// addresses nor what else the resolver said.
//
// # Limits
//
// 256 calls at a time, 16 to a host, 32 of an owner, unless Options say otherwise; 8 KiB a URL, 64 headers, 16 KiB of them and 1 MiB of body to send; 64 KiB of headers
// and 1 MiB of body to read; 10 s to connect, 5 minutes in all.
//
// # Locks
//
// queue.mu is a leaf, held across no I/O and no callback. Every call is a goroutine of the Client's; Close ends them and waits.
package outgoing
