// Package turn is the relay of calls (RFC 8656): it carries media between clients whose network lets nothing else through and the media engine of the same server, and answers
// STUN (RFC 8489). It stands on pion/turn, and narrows what that would do.
//
// # Guarantees
//
// A relay reaches the media port of this server and nothing else, unless Options.OpenPeers says more: no other port of the machine, no private, loopback, link-local,
// multicast or public address. This holds for every datagram, in both directions, by address and port, beyond the permissions that a client asks for. Only UDP is
// relayed; TCP relays (RFC 6062) and reserved ports are refused.
//
// Who has proven nothing is answered ten times a second (40 at once) by UDP, by address: answers are larger than questions, and may go to somebody who never asked.
//
// # Credentials
//
// Options.Secret and a member's id make them: the user name is EXPIRY:MEMBER (seconds since 1970), the password the base64 of its HMAC-SHA1, as coturn and others take
// them. Until they expire they open relays; those that are open go on with them for 12 hours more, so that no call is cut by the clock. Who is a member is not known here:
// credentials are minted for whoever is let in.
//
// # Order and time
//
// Datagrams stay in order within a relay. What exceeds a member's rate is lost, not queued.
//
// # Limits
//
// See Limits: relays of a member and of all, bits a second of a member, TCP connections of all and of an address. A connection that sends no whole message within ten
// seconds, or nothing for eleven minutes, or that doesn't take what it is sent for ten seconds, is closed; so is one whose framing is wrong.
//
// # Locks
//
// Server.mu guards members and their relays; door.mu the connections; bucket.mu one member's rate; strangers.mu who has asked lately; machine.mu the addresses found last. All are leaves, none is held
// across I/O. Close ends what was opened, and waits until all relays are closed.
package turn
