// Package sky is the Event API of event channels (Sky Event and Sky Cloud, and the shorter paths that newer engines use), as values: paths,
// attributes, answers, patterns. Who may raise what, and what comes of it, is not its business.
//
// # Paths
//
//	/sky/event/{eci}/{eid}/{domain}/{type}   an event, answered with its directives
//	/c/{eci}/event-wait/{domain}/{type}      the same, without an event id of the caller's
//	/c/{eci}/event/{domain}/{type}           an event, answered at once with its id
//	/sky/cloud/{eci}/{ruleset}/{name}        a query
//	/c/{eci}/query/{ruleset}/{name}          the same
//
// Engines put addresses together carelessly, so empty segments count for nothing, and neither does a slash at the end; nobody needs to be redirected,
// which would lose the body. Each segment is unescaped once, after the path was cut, and compared exactly. What EventURL writes, ParsePath reads as
// it was.
//
// A word (domain, type, ruleset, name of a query) is 1 to MaxWord bytes of visible ASCII without a slash. It is neither "." nor "..", which clients
// resolve away however they are escaped, nor "*", which stands for any word in a pattern. An event id is a word that may also have slashes and be
// "*"; "none" is no id. An ECI is up to MaxECI bytes like a word; one that cannot be an ECI is told the same as one that is unknown.
//
// # Attributes
//
// They come from the query, whose values are text, and from a JSON object or a form in the body, which wins. Nothing is dropped in silence but
// `_headers`, which engines add: a name that comes twice in one place, an unreadable body, one of another type and whatever is over a limit is an
// error. Nulls and unknown names stay. Nothing is made of text that is not UTF-8 in a query or form; in JSON it becomes U+FFFD, as do escapes that
// are half a character.
//
// A value is what JSON can say, in the one CBOR encoding that package jsoncbor gives it. So attributes that were read, or taken by AttributesOf,
// come back from their JSON as they are: the receiver of an event on another server sees what one on this server sees.
//
// # Limits
//
// MaxBody, MaxQuery, MaxAttributes, MaxName, MaxValue and MaxDepth bound attributes; what is over is too_large, or bad_request where it is nesting. Work and
// memory are proportional to the input. ReadAttributes bounds both parts, but reads no stream: who calls it bounds what it reads.
//
// The package is pure: no I/O, no clock, no goroutines. Errors are *wire.Error, to be shown as they are. Slices it returns may share its input, which
// nobody may change meanwhile.
package sky
