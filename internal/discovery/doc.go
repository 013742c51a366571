// Package discovery finds doorbells, and lets them be found.
//
// # What it answers
//
// WebFinger (RFC 7033) and host-meta (RFC 6415) tell strangers where somebody's doorbell is, and what their name card says. Only CAs that have published a card are told of.
// An owner who has published nothing can't be told from one who is not there: the answer is the same, byte for byte. A card is read from what is stored, and wakes no CA.
//
// # What it asks
//
// A Resolver turns an address, owner@host, or a URL into a doorbell: this server's own ones without a call, others' by WebFinger there, then by host-meta, whose templates and
// the links to another address it follows for MaxHops. Each step is a call of its own through a client that follows no redirects and reaches no closed network; MaxCalls
// of them and ResolveWithin bound the whole. What peers say is data: documents of any size, depth or form end with an error that tells which host said something wrong.
//
// # Vouching
//
// A server signs who asks at a doorbell (Vouch), and the doorbell's server checks it with the key that the asker's server shows in its host-meta (Verify). A signature is good for
// one request at one doorbell with one back channel, so that whoever gets to see one can use it for nothing else.
//
// # Errors
//
// They are *wire.Error. unavailable, deadline and overloaded may pass; all others stay however often one tries.
//
// # Locks
//
// keys.mu is a leaf, held across no I/O. The package starts no goroutines.
//
// # Limits
//
// A card: 100 characters of name, 500 of about, a picture of 16 KiB, 16 links, 4 aliases. An answer tells of 32 CAs of an owner, and looks at MaxScan of each app to find them;
// 8 look at a time, the others wait. A document of a peer: 256 KiB, 256 links, 16 levels. Of peers' keys those of about a thousand servers are remembered, 4 of each, for an hour.
package discovery
