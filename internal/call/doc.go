// Package call is rooms: people who see and hear each other through this server, in rooms that belong to CAs.
//
// # Rooms
//
// A room is a SharedMap of its CA: open or not, locked, how people are shown, who is silenced. Its members mirror it, so that they see what
// the host does as it is committed. The rooms that have members in this process are in a Hub's memory, with the media of package sfu.
//
// Who comes in is asked of the CA like a request to read the room's map: decided in its turn, counted in its ledger. From then on membership stands on
// the CA's durable rules, and on the token, and is asked again whenever rules, groups behind them, or the room's map change (CALL-1): who may no
// longer be there is out, who may no longer publish is not forwarded, from that commit on.
//
// # Members
//
// A member is a seat, not a connection: when a connection is lost its seat stays for half a minute, with the media, which go their own way (CALL-2).
// Whoever comes back with the member's secret sits down again, and what was signalled in vain is said again. Secrets are made with a key of the
// server's, so that members keep their ids over a restart, which their media don't survive. A connection that was sent away, for its token is no
// longer good, leaves its seats at once.
//
// # Signals
//
// Payloads are package sfu's. Each member's are handled in the order of their coming, one at a time, on a goroutine while there are any:
// descriptions take milliseconds, and a connection's reader doesn't wait for them. What goes to a member of which nothing may be lost is queued for
// its connection; who reads too slowly loses the connection, not the seat.
//
// # Attendance
//
// What a CA has been told of who is in its rooms is stored with the transactions that heard it; a roll compares it with who is there, whenever that
// changes and when the CA is loaded, and has OnCall called for each difference. After a restart it waits for those who may come back.
//
// # Limits
//
// MaxCalls of a connection, MaxMembers of a room, 8 seats of a person in a room that is not hers, 256 signals of a member that wait, 30 actions a second of a member
// (60 at once), of 1 KiB each.
//
// # Locks
//
// Hub.mu comes before no other but room.mu in newRoom; client.mu before room.mu. room.mu, seat.applying, seat.mu, line.mu come in this order; peers are called with none of
// them but seat.applying, and may call Signal under locks of their own.
package call
