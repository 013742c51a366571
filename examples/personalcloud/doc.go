// Package personalcloud is a personal cloud desktop: one's card, one's people, and what they may send, whatever server they are on.
//
// # How it works
//
// Each owner has one assistant, home. Strangers find it by address (alice@wab.example), by the white pages, or by a link, and ring its doorbell (links.go). The owner approves with
// what the other may raise here, or refuses with a reason; then each side holds a channel into the other. All else is events on these subscriptions:
//
//	profile:updated  the card of the other side, all of it: raised for everybody in the address book when the owner changes it, and when a subscription is established
//	message:text     a message, in the attribute text
//
// The assistant of the receiver puts them where its pages show them (mail.go). Any other event that is let through is kept for whoever asks by Received: the newest 1,000.
// What the other side does not take is told with its reason, once it is known.
//
// # What pages see
//
// All is in maps of the assistant, which the owner's pages mirror: profile, settings, links (relationships in whatever state), contacts (what came on them), inbox, messages and
// activity. No ECI stands in any of them: links of channels are shown when the owner asks for one.
//
// # Who may
//
// The owner, by requests. Others by their channels, which let through what the owner chose, at most 64 KiB of attributes an event. Owners are found by their address, with the name
// on their card and nothing else of it, until they say otherwise; in the white pages they are when they say so.
//
// # Limits
//
// A card has 32 fields of up to 4,096 bytes. The newest 2,000 messages, 1,000 events and 500 entries of what has happened are kept.
package personalcloud
