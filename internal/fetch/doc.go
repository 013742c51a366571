// Package fetch makes HTTP calls that belong to transactions of CAs: made after the commit, until there is an answer, which comes as a message.
//
// # A fetch
//
// A transaction that asks for a call keeps it beside everything else that it changes, or not at all. Once that is durable the call is made (package outgoing), again and again
// until there is a final answer or its time is over, also by the next process. Every try bears the same Idempotency-Key, so that a host that knows keys does the work once.
// The outcome is one message to the CA: the answer, or why there will be none. The fetch is removed in the commit of that message, whether its handler succeeded
// or not. So a host is called at least once, unless the fetch is cancelled or its time is over before, and a handler has exactly one outcome.
//
// # Answers
//
// Final are all statuses up to 499 but 408, 425 and 429; no redirect is followed. Those three, 5xx, and calls that reached nobody are tried again, after 1 s at first, then twice
// as long each time, up to 15 minutes, less up to a half at random; or when Retry-After says, if that is later. A call that can't be made (a closed network, an
// answer that is too large) is final at once.
//
// # The framework's own calls
//
// Ask is Fetch for the framework: its waits may begin and end elsewhere, it may have no end, and its URL's scheme may be a carrier's, who serves it in the process. The rest is the same: after the commit,
// at least once, one Idempotency-Key, one outcome. Calls of one lane are made one after
// the other, as they were asked for: the next begins when the outcome of the one before has been handled. After a crash that one may be called again, with its key. Between lanes, and without one, there is
// no order.
//
// # Secrets
//
// URLs and headers hold what lets one act. They are stored under a seal (AES-256-GCM), bound to the CA and the fetch, and neither errors nor logs name them. A request whose seal can't be opened has
// that as its outcome: after the server's key has changed, for instance. Requests that earlier versions stored without a seal are called as ever.
//
// What the framework has asked for (Ask) is told again where its handler could not take it, for some twenty minutes, and then given up.
//
// # Memory and turns
//
// What is asked for is read from the store when it is sent, and the answer stays in memory until its message is handled. A wait of more than 30 s is stored; others begin anew with
// the next process. Calls wait in line with those of other owners; a CA has 8 under way or answered at a time, and 16 of the framework's,
// of which 8 have failed before and 4 are minor, at most. Who has waited the longest is first.
//
// # End
//
// A CA that is destroyed has its fetches ended, those of the same message too. Drain waits for calls under way, for a while; what it does not wait for is done by the next process.
//
// # Limits
//
// 100 fetches of a CA at a time, 8 MiB of requests; 1000 and 8 MiB of the framework's own besides; those of package outgoing for each; 24 hours unless asked otherwise, 7 days at most.
//
// # Locks
//
// Fetches.mu guards the flights and is a leaf; it is held across no I/O, no carrier and no callback. Parts belong to their CA's turn.
package fetch
