// Package replica is the server's side of SharedMaps (package sharedmap): what a CA writes in a transaction, what other CAs of this process
// read, and what goes out to clients.
//
// # One copy
//
// A Hub holds the maps of each writing CA once, as immutable snapshots, however many read them (MAP-8). All maps of one CA are loaded
// together and shown together, in a view that is replaced as a whole when a commit is durable; so a transaction's changes appear in all
// maps at once (MAP-2), and whoever holds a view is not disturbed (MAP-3). Large maps that few need belong in a CA of their own. What
// nobody used for a minute is dropped, and loaded again from the store when needed.
//
// # Writing
//
// A part is the maps' share of a transaction. It keeps the snapshots that the CA's own last message has left, which may not be durable
// yet; its changes are side keys of the CA, one for each entry, written with everything else of the commit. The view changes after the
// commit, before the reply leaves: whoever has heard of a change sees it. An activation goes on from the store: a map that another
// process has written is read again.
//
// # Reading
//
// A CA reads the newest view at its first look in a message, and the same one until the message ends. Whether it may is decided by the
// writer's durable rules, out of the writer's turn (bus.Gate.Standing), so that two CAs that read each other don't wait for each other.
// A map that is not there reads as empty once the store has said so (MAP-9).
//
// # Clients
//
// A subscription is let in like a request to the writer, by the map's name, and then stands until the rules, a group that they name, or
// the token say otherwise. Each writer has a pump, a goroutine while there is something to bring: a round takes all that has changed
// since the last one, encodes it once for all who are up to date, and hands it to their connections. Who is not up to date (a snapshot is
// under way, or the connection's queue is half full) is left to its connection's writer, which asks for what it lacks when there is room:
// nothing queues up for a slow reader, and what it gets is merged (MAP-6). A client that comes back says what it holds, and gets what
// has changed since, also after a restart: entries are stored with the version that changed them last, and deletions leave a mark.
//
// When rules, or a group behind them, change, nothing more goes to a subscriber before it was found to be allowed still, and what changed
// in the same transaction neither (MAP-10): views go out to clients only when all doubts that come with their commit are noted.
//
// # Presence
//
// What a subscriber shows of itself lives with its subscription, in memory: one value for each of 64 seats, as the tabs of a browser
// share a subscription. It goes out to the map's subscribers, itself included, at most 30 times a second, merged, by the pump (MAP-11).
//
// # Watches
//
// A watch is a part of the CA that watches: which map, which method, and the version that was handled last, all durable. The CA is woken
// by any change of that writer, and looks for itself which of its maps are at another version: once for any number of changes. One that
// it may not read now wakes it no less, when rules or groups change. Where the store fails it looks again after 30 s.
//
// # Limits
//
// Those of package sharedmap, and MaxMaps of one CA, MaxChanges in one transaction, MaxSubs of one connection, MaxCrowd seats shown in a
// map, MaxWatches of one CA. A connection has session.MaxOpeningOf subscriptions undecided at a CA, those included that it has closed
// since; the others wait here, in order. A frame of deltas has 8 MiB at most; who lacks more starts over in parts of 32 KiB.
//
// # Locks
//
// A connection's write lock (its gate, see package session), under which a Source is asked, and client.mu come before reader.mu; then
// comes writer.mu, or any other lock of the connection. client.mu and the gate come before the lock of a session.Ends, and that before the connection's
// others. Openings.mu comes after client.mu. Hub.mu comes before writer.mu. Hub.workMu is a leaf. None but the gate is held across I/O,
// and none of ours across decisions.
package replica
