// Package pubsub is the topics of this process: actors with logs, the CAs that follow them, and what goes out to clients.
//
// # A topic is an actor
//
// Publishing is a message to the topic's actor, sent with the publisher's transaction through its durable outbox: it happens if that commits, once, in the order of the
// publisher's transactions. The actor numbers messages from 1 and keeps them in its log, with their publishers' true names. A topic has an epoch, made with it; places are
// (epoch, offset). The log keeps 7 days or 64 MB; blocks of 256 messages leave it together.
//
// # CAs
//
// A CA's subscription is durable at both ends: the topic knows who follows, and the CA where it stands. A publish rouses those who follow, a window of 1,024 at a time, and each takes
// from the feed what it lacks, one message a transaction, decided on by its policy with the publisher as the caller. The place behind a message commits with what the
// handler has changed, so that a crash of either side repeats nothing and loses nothing. A message that changed nothing, one that was refused for instance, costs no write:
// its place is written with the next one, or after 10 s; after a crash it may be looked at again. A topic whose followers may lack something is looked at when the
// server starts. Who missed messages that have left the log hears how many with the next one. A message on which policy can't decide (unavailable) is tried again each second, and
// those behind it wait.
//
// A subscription has an id, at both ends: what the topic has in its books may be of one that the CA has ended since, and where that began is no place for the next. A subscription is to
// the topic as it is: when that has ended, nothing comes of one that is made under its name, until the CA subscribes again. After a start a CA's own books are read before it is roused:
// one that can't go on has no other loaded. A log that has grown old as a whole leaves 16 blocks a message, so that nobody waits for one huge commit.
//
// # Reading
//
// Forums are everybody's, whose token is not narrowed to a CA or to methods. Who may follow a private topic is the policy of its CA, by the topic's label: asked when it
// subscribes, and with each message.
//
// # Clients
//
// A subscription of a client is let in by the policy of a private topic's CA, like a request, and by the token's scope; the scope is looked at again when the token is another one. It
// begins now, or behind a place that the client has kept. It is told (topic-opened) where it begins, and again whenever it can't go on: messages between
// have left the log, or the topic was made anew; then it goes on with the oldest there is. A topic that doesn't exist comes alive when it is made.
//
// Each feed has a cast: a goroutine, while there is something new, that takes a stretch of messages at a time and offers it to everybody in the order in which they came. Those who may
// have the same of it share one encoded frame. A listener for which its connection has no room is behind: from then on the connection asks for what it lacks when there is room, from memory
// (1,024 messages, 1 MiB a topic, MaxRecent of all), else from the log, which one goroutine for each feed reads, once for all who are at that place. Nothing queues up for a slow reader but its
// place; who falls out of the log is told how many are lost. Casts of other topics go on meanwhile, and a connection's topics take turns.
//
// A subscription with a CA and a handler gets what the policy of that CA, one of the client's owner, would let through to the handler. Decisions on a message are made after it
// was published, for each CA, publisher and handler once a stretch: whatever was revoked before holds. Where policy can't decide (unavailable), the message is looked at
// again each second, and those behind it wait. Who gets nothing is told its place every 1,000 messages, so as not to be asked about them again when it resumes.
//
// A listener knows its place; the cast knows what all who are up to date were offered. A listener declares itself up to date only while it holds its lock and sees that there is nothing behind
// its place, and the cast offers only what a commit has shown before: so each message comes once, whenever somebody joins or falls behind.
//
// # What stays in memory
//
// A topic's feed stays for IdleAfter at least once it has been shown a commit, for others go on from what they have seen of it. One that has only been read is dropped with the last
// client that stands by it: whoever opens topics in a loop leaves nothing behind. What is durable is shown to the feed that everybody has (Hub.with), never to one that was dropped.
//
// # Limits
//
// MaxSubscriptions of a CA, MaxListeners of a connection, MaxOwnerListeners of all connections of an owner, session.MaxOpeningOf of them undecided at a CA, those included that were closed since (the others wait here, in order); 256 messages or 64 KiB a frame, or one message.
//
// # Locks
//
// A connection's write lock (its gate, see package session), under which a Source is asked, or client.mu come first; then Hub.mu, listener.mu, and feed.mu. Behind listener.mu come other locks
// of the connection too. The lock of a session.Ends comes after client.mu or the gate, that of session.Openings after client.mu; house.mu and Hub.workMu are leaves. None but the gate is held across the store, CAs, connections or decisions.
package pubsub
