// Package session serves the clients of Cloud Assistants: WebSocket sessions (package wire), and the HTTP API, on one set of rules.
//
// # The way of a frame
//
// A connection is read by one goroutine at a time, its reader, which waits for its turn where its owner has used up its part of the readers' time (Floods). A request goes to the Bus, which answers by a callback; no goroutine waits for it. What
// is to be sent goes through the connection's outbox, a queue bounded in bytes. A Frame is encoded once for any number of receivers.
//
// github.com/coder/websocket does the handshake. From then on what is on the wire is ours, both ways. On Linux a TCP connection leaves Go's poller, too: all sockets of a Server are in an epoll of its own
// (reactor), and an idle connection has neither goroutine nor buffer. One goroutine waits for all. It fetches events, and reads what they tell of itself, by bare system calls, handing messages on where they lie. Where many have something at once,
// others help, at most one for each processor; where a handler keeps the one that would fetch for a millisecond or two, another one takes its place, however many are kept already; and so it is where what is queued waits for one that is kept while the others wait for events. A read takes 16 KiB; who has more gets its next turn after all others. Epoll tells once
// of a change. A read that brings less than there was room for has brought all, unless an end was told of, or an urgent byte: then reads go on until there is nothing. So a message costs one read, where a goroutine for each connection
// took two and a waking. Measured in turn, that is about a tenth of what a request costs, and an idle connection weighs 3.2 kB instead of 8.9. Between two batches that did not have to be waited for, and after each read of 16 KiB, a reader lets others have the processor: answers have to be written while they are
// asked for.
//
// Other systems' TCP connections, and what is a socket but no *net.TCPConn, have a goroutine each, which stays in one call of RawConn.Read. When the poller
// wakes it, it takes a buffer, reads by bare system calls until there is nothing more, and gives the buffer back. It always reads until there is nothing more, because that poller tells only once of data and
// end together. Connections that know no such system call (TLS; systems other than Unix) read by waiting, with the same parser.
//
// A socket's descriptor is closed when its reader has left and no call uses it: whoever uses it is counted (socket). To close a connection shuts it down at once, and has it read; the reader finds that it is closed, and leaves. A writer that waits for room waits for
// epoll, too, and ends with the connection.
//
// The parser knows no connection and is tested against the library's reader. A message that comes in parts is gathered in a buffer that
// grows with what has come, not with what was announced, up to MaxFrame. What breaks the rules of RFC 6455 is answered by a close frame with its
// code (1002, 1007, 1009) and a reason; the reader then reads on, for nothing, until the client has closed or the sweep ends it, so that
// the answer is not lost in a reset. A client's close frame is answered, and the server closes first. Pings are answered by one pong, the
// newest, however many come.
//
// Whoever sends writes nothing itself. Outboxes with something take turns at the flusher: as many goroutines as there are processors at
// most, and none while there is nothing. A turn joins what is pending and writes it by a bare system call that does not wait. So a burst
// to 10,000 connections wakes one goroutine, and under load, when turns come slower than frames, several frames go out in one write.
// What a turn could not write goes first when the connection's own writer takes over, a goroutine that waits for room until there is
// nothing left. A connection has one writer at a time (outbox.writing), and each write holds whole WebSocket frames, or the rest of one that was cut.
// Connections that can't be written to without waiting have their own writer from the start.
//
// Answers and notes have the flusher's fast lane; frames that features send to many connections at once wait until it is empty. So a burst to
// ten thousand readers of a map does not stand before somebody's answer. What a turn leaves, because one write does not hold it, goes to the
// slow lane, until another answer comes.
//
// # Sessions and notes
//
// A session is (owner, CA, name). Its notes lie in a ring of its own, bounded in count and bytes, oldest dropped first; the writer takes
// from there what fits, so a slow client costs no more than its rings and its queue. The next note tells how many are missing. A session
// outlives its connection by two minutes, in memory only: what the server forgets, the client learns by opened with resumed false.
//
// What is kept of those that are away is bounded in bytes, for each owner (MaxOwnerAwayBytes) and for all (MaxAwayBytes), 1 KiB for each and its notes: whoever went first is
// forgotten first. An owner who has MaxOwnerSessions opens another one in the place of the one that is away longest. A session that is connected is never dropped.
//
// # Ordering
//
// Requests of a channel reach the bus in the order in which they were sent. When a channel is replaced by a resuming client, no request
// of the old one reaches the bus after the new one is open; so a request that is repeated with retry comes after its original, if both
// come. An open that is read or decided late, of a connection that its client has given up since, replaces no channel of the same run on a newer one: connections count in the
// order of their upgrades. Replies are sent in the order in which the bus gives them. Replies and notes have no order among each other.
//
// # Floods
//
// The readers of an owner together have a quarter of the processors' time, which is measured around each read and what is done about it: on two processors, enough for 100,000 requests
// a second. 20 ms may be saved up, and a read counts as 1 ms at most, so that an owner who uses less is not held up because the machine was. An owner that has used more is read
// one connection at a time, 16 KiB of each, in the order in which they came to wait, and each when those before it are paid for. Nothing is refused, dropped or closed: what is not read waits
// in the sockets, until the sender can't write. All of the owner's connections wait, so its own pages feel its own flood; one that is closed does not wait to leave. Those that have not said hello share one part, as if they
// were one owner's, but the first read of each waits for nobody: so a flood of strangers delays no hello that comes in one piece.
//
// This bounds reading, with all that is done in handlers of frames. What a request costs after that is shared by the turns of package actor; but it stands in queues that nobody shares,
// those of goroutines that can run above all, and a thousand requests there are ten milliseconds for whoever comes next. So what an owner has in flight is bounded in effect, too: beyond
// 128 unanswered requests for each processor, opens of channels among them, each counts as 20 µs of reading. A flood of changes over 64 sockets with 32 in flight on each then goes at half its rate or more, and
// somebody else's change takes 1.5 to 2 ms, at the 99th percentile 5 to 10, where it took 5 to 6, and 13 to 17; 0.9 and 1.3 without a flood; 0.7 and 4 at another server that has the processors in common
// with the flooded one. Requests that take long hold up nobody: their owner is read more slowly, and goes on. An HTTP call counts as
// 16 requests, of which the one that it makes counts until it is answered, though the client may have gone; and it waits for its owner's turn where one is due. Calls have a line of their own, and eight of them go for each connection that waits: theirs are short turns. Then a flood of calls over 64 connections leaves somebody else's at 1.4 ms, at the 99th percentile at 4, where it took 4 and 12. One beyond MaxOwnerCalls is refused only
// after a quarter of a second: a client that asks on at once would keep the server as busy with refusing.
// An owner without connections and calls is remembered until it owes nothing, and its requests are answered: who closes and comes back gains nothing. Owners who flood together may take all processors together.
//
// # Back-pressure
//
// Beyond its bound the queue closes the connection with bye overloaded, and the client resumes. A write that does not get on for 15 s
// does too, without the bye. Feature frames are refused by Send beyond half of the bound; a Source is asked only when there is room.
// What a connection asks to open goes to a CA a few at a time (Openings), so that its inbox has room for others.
//
// A drain waits for requests in flight, then for clients to take what is left for them, the bye last, and to close. Who reads may take its time, which the system's queue of what
// the other side does not have yet tells (Unsent); who takes nothing for DrainPatience, or has all and does not close, is cut off.
//
// # Security
//
// Tokens travel in the hello frame or the Authorization header, never in cookies: a foreign page can't make a browser send them, so CORS
// and the Origin check are a second line, not the first. A connection ends when its token expires or is revoked (Recheck). Errors echo
// neither requests nor tokens.
//
// # Locks
//
// registry.mu, then session.mu, then outbox.mu, each alone or in this order; Ends.mu comes before outbox.mu, too. channel.gate is taken with none of them held, and is held
// while a request is handed to the Bus, which must not block; replies never take it. Server.mu and share.mu are taken alone, but for reactor.mu; sweeping covers a sweep.
// flusher.mu is a leaf behind outbox.mu, reactor.mu one behind share.mu, Openings.mu one behind features' locks. No lock is held across I/O, nor while a Source is asked. gate.Close may wait until the
// reader has left its call, and with it the handler that runs (it does where a goroutine stays in RawConn.Read, and waits for nobody where a reactor reads): it is called with none of these held, and by no handler.
package session
