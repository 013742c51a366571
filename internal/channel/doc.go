// Package channel is the ways into CAs from outside: event channels, the doorbell, and the subscriptions that are made by it.
//
// # Channels
//
// A channel is an unguessable name, its ECI, for one way into one CA. An ECI holds the name of its CA, encrypted: so no index is needed to find the CA, which is woken only for ECIs that this
// server has made, and nobody else learns anything from one. The CA keeps a channel under a hash of its ECI, and derives the ECI anew when it has to be told; it is stored nowhere. What comes by a
// channel is decided on in the CA's turn, by the channel's Attenuation, and counted in the ledger as the principal channel/name. An ECI that is not one, one that was removed and one
// that has expired are answered alike.
//
// # Events
//
// An event is a message to its CA like any other (actor.Raised), and a transaction: its answer leaves when it is durable. An event's id, or the header Idempotency-Key, makes repetitions harmless: they
// are answered as the first one was, for a day and as long as no 1,000 others came by the channel (package bus, receipts);
// of a subscription, whose events come one after the other, the last one for ever. Events of the domains system, wrangler and cloudos steer subscriptions; patterns have to name them.
//
// # Subscriptions
//
// Package dance knows how two sides come to hold a channel into each other. Here its steps are put into effect: each is part of one transaction, with the channels that it makes and removes; what it sends are fetches
// of that transaction (package fetch), one after the other for each subscription, repeated until they are answered. To a CA of this same server they go without HTTP, and bear its
// true name. Peers' ECIs are sealed where they are stored.
//
// # A CA that is destroyed
//
// Its calls end with it. So it sends what its peers have yet to hear to a courier, an actor that is made by that message, asks for the calls itself, and ends when they were answered, or given up after seven days. What
// a courier carries is sealed, for it alone.
//
// # The doorbell
//
// The channel of that name takes requests to subscribe and their withdrawal, and nothing else. A request lies in the inbox until its owner, the app, a rule (LabelApprove, LabelRing) or an invitation decides; before
// that the asker has no channel here. Who asks from another server is known for certain once that server has said so (Options.Vouch, the carrier "verify").
//
// # What the app hears
//
// How subscriptions stand, and which of its events did not arrive, it is told in transactions of their own, each once, through restarts: what waits is stored.
//
// # Limits
//
// Of a CA: MaxChannels, MaxHandlers, MaxPatterns of a kind in an Attenuation, MaxLinks, MaxWaiting in the inbox, MaxFrom of them from one server or owner, MaxInvites, 1,000 words that the app has yet
// to hear, of which the oldest go; MaxRaised events on their way, MaxRaisedOn on one subscription, 7 MiB. Of the Event API: bodies of 1 MiB, those over 64 KiB 32 at a time; the rest are those of package sky.
//
// # Locks
//
// None: a part belongs to its CA's turn, and the feature is not changed once it is made.
package channel
