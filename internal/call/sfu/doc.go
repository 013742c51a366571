// Package sfu forwards the media of calls: each member of a room sends once to the server and receives what the others send. Nothing is
// decoded. It knows members by their public names only; who they are, and what they may, its user tells it.
//
// # Guarantees
//
// A packet leaves as it came, but for what belongs to the connection: SSRC, payload type, header extensions. Timestamps and sequence
// numbers are the publisher's, on every member's wire: a moment in a video has one name for all of them. Sender reports are the
// publisher's, too, with the stream's own SSRC and counts; so RTP maps to the publisher's clock as it does at its source, and
// Peer.MapRTP maps the server's.
//
// What a member may not publish (Allow), what the host mutes (Mute) and what the member switches off (Off) is not forwarded from the
// instant the call returns: packets already on their way may arrive. What opens again begins with a key frame. Repairs come out of a
// history that holds only what was forwarded.
//
// No member keeps another from anything. Sockets are shared and never wait: UDP drops, a TCP connection that is read too slowly drops
// after 512 KiB, a data channel after 256 KiB. Each member's negotiation has a goroutine of its own, with at most 128 signals before it;
// what is malformed is refused (Refused), or ends that member's connection where pion could follow it half way only.
//
// # Negotiation
//
// Either side offers when it has to (perfect negotiation); the server is the impolite one: while its own offer is out it passes over the
// member's, who takes it back and offers again after answering. Offers are numbered by their sender. A side that gets an offer which it
// has answered sends the stored answer again, so whatever a cut of the signalling line has swallowed is made good by Resume, and by a
// repetition every 5 s. The server waits up to 2 s for the member's first offer, which spares a collision at every start. Media sections
// of streams that have ended are used again. A connection that fails waits 30 s for an ICE restart, by either side's offer (Restart asks
// for the server's), before PeerOptions.Failed is called.
//
// # Loss and bitrate
//
// Losses on the way in are asked for by NACK; on the way out they are answered from the track's history, one for all subscribers, with
// at most 500 packets a second and member. Key frames are asked for on PLI and FIR, and when somebody begins to receive: once in 500 ms a
// track, until one has come. Publishers get transport-wide feedback, and control their rate.
//
// On the way out there is none: packets bear abs-send-time, of which receivers make an estimate themselves (REMB). A line has no bound, but
// 10 Mbit/s, until estimates fall below what is sent or reports tell of heavy losses; a bound recovers by a twelfth a second. It is shared
// among the videos that the member receives, and told to publishers (REMB): a video gets the least of its receivers' shares, but no less
// than a quarter of the median's, nor than 150 kbit/s, so that one bad line does not make the call worthless for all; that line loses
// packets meanwhile. Layers (simulcast) are what will help there; track tells where they belong.
//
// # Loudness
//
// Microphones are heard by the levels in their packets (RFC 6464), five times a second. Who is louder by 6 dB for 400 ms becomes the
// active speaker, and stays it through pauses of 2 s.
//
// # Limits
//
// 64 members a room unless told otherwise, 4 sources a member (one of each kind), VP8 and Opus, 64 KiB and 300 media sections a session
// description, 16 KiB a message of the data channel and 100 of them a second and member. See also the constants of signals.
//
// # Goroutines
//
// A room has two: pulse, which does what is done by the clock, and events, which runs its callbacks. A peer has one for its negotiation.
// A track has one that reads its packets and sends each to all subscribers, with no other in between, and one for its reports; each
// forward has one that reads what its receiver reports. Engine.Close ends all of them and waits.
//
// # Locks
//
// Engine.mu, Room.mu, track.mu, events.mu and inbox.mu, in this order; those of history, line, clockMap and meter are leaves. None is held
// across I/O, a callback, or a call of pion's. batchConn has mu, then sending: the latter is held across a system call that does not
// wait.
//
// # What it costs
//
// bench sfu tells: about 15 µs of a processor for a packet, where a bare copy loop takes 5.
package sfu
