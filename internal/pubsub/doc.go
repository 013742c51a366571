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
// # Reading
//
// Forums are everybody's. Who may follow a private topic is the policy of its CA, by the topic's label: asked when it subscribes, and with each message.
//
// # Locks
//
// Hub.mu, then feed.mu; both are leaves otherwise, and are not held across the store, CAs or connections.
package pubsub
