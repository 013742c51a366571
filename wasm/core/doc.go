// Command core is wab.wasm, the browser's background layer. It runs in a worker, one instance for all tabs of an owner, and drives package
// link: JavaScript owns the sockets, the timers and the ports to pages, and this module decides.
//
// # Calls
//
// JavaScript calls the exports; each is a synchronous leaf that makes one input of a Link, drains its events through the imports, and returns
// (openChannel and request leave the draining to flush, so that their numbers are known first).
// No export blocks, starts a goroutine or calls back: a goroutine woken inside an export would not run before the browser's next event.
// Imports must not call exports.
//
// Every input brings the instant now, in µs since 1970 as a float64 (exact for 285 years), from performance.timeOrigin + performance.now():
// Go's own clock in a browser has steps of 1 ms, and package time would weigh 40 kB.
//
// # Maps
//
// A link's replicas of SharedMaps are driven by package sharedmap's Mirrors, one subscription for each map, however many pages look at it.
// Exports (texts and bytes stand in the scratch buffer, like everywhere):
//
//	newMap(link, name i32) → map i32      a number for the map app:owner/local/map; the same one while it is open. Tells nothing.
//	seedMap(link, map, batch i32)         hands in a batch of what a cache holds, any number of them in the order of their making,
//	                                      between newMap and openMap. Tells nothing.
//	openMap(link, map i32, epoch, version, now f64)
//	                                      subscribes. epoch, version: of what the seeds add up to; 0, 0 without any. Seeds that are
//	                                      malformed are forgotten. What was seeded is not told again: whoever had it shows it.
//	closeMap(link, map i32, now f64)      ends the subscription and forgets the replica. Tells nothing about the map.
//	dumpMap(link, map i32)                tells the map's state, its whole content and who is present once more, for a page that comes
//	                                      later: by the imports below, called before dumpMap returns, for its caller alone.
//	setPresence(link, map, seat, value i32, now f64)
//	                                      what others see in this map of one of our seats, 0 to 63: one CBOR item of at most 1,024 bytes;
//	                                      of 0 bytes, or null, it withdraws. It is kept over cuts. A longer one is ignored.
//
// Imports:
//
//	mapState(link, map, state i32, code, message text)
//	                                      0 opening: nothing to show yet; 1 live; 2 stale: there is a content, and it may be old;
//	                                      3 ended: forget the map, caches of it, too; its number means nothing any more. code and message
//	                                      tell why (ended), or what is in the way for the time being; else they are empty.
//	mapChanged(link, map, flags i32, epoch, version f64, p, n i32)
//	                                      a batch, and the version that it leads to. flags: 1 reset: the content begins anew with this
//	                                      batch. 2 part: more batches of the same content follow, perhaps in later calls; they are put
//	                                      aside and shown together, all at once after the one without this flag; another reset drops what
//	                                      was put aside, and so does a mapState other than live. 4 more: what the next call tells (before the
//	                                      export returns) changed in the same transaction, and is to be shown together with this.
//	mapPresence(link, map i32, who f64, reset, p, n i32)
//	                                      who: the number of our seat 0 in there, that of seat n is who + n. reset: forget everybody first. The bytes are two CBOR arrays, one
//	                                      behind the other: [[who, owner, value], …] of those who came or changed, and [who, …] of
//	                                      those who are gone.
//
// A batch is a CBOR map of what was set, text → any item, and, unless it ends there, a CBOR array of the keys that were deleted. The
// keys' order is not to be relied on. Keys that begin with a zero byte are methods: part of the content, and no data. Batches go into
// seedMap as they came out of mapChanged: a cache may keep them as they are, as long as those since the last reset, and none that is put aside, are
// handed in.
//
// # Topics
//
// A link's subscriptions to topics are driven by package follow, one for each topic and filter, however many pages read it. Exports:
//
//	openTopic(link, topic, ca, method i32, epoch, offset, now f64) → sub i32
//	                                      subscribes to app:owner/local/topic or app:forum/topic, from a position, or with 0, 0 from now on,
//	                                      and gives the subscription's number: the same one while it is open. One that is open goes back
//	                                      to an older position. Tells nothing of it before it returns.
//	closeTopic(link, sub i32, now f64)    ends it. Tells nothing about it.
//
// Imports:
//
//	topicState(link, sub, state i32, code, message text)
//	                                      it is not live: 0 opening, 2 stale: it will go on from where it is, 3 ended: its number means nothing
//	                                      any more. code and message tell why, or what is in the way for the time being; else they are empty.
//	topicOpened(link, sub i32, epoch, offset, before f64, gap i32, missed f64)
//	                                      it is live, and goes on behind the offset. before: the epoch that it was in. A reader of the same epoch
//	                                      who is not as far has lost what is between, one who is further on nothing; one of the epoch before has
//	                                      lost something if gap is set, and one of another epoch may have. missed: how many messages, as far as
//	                                      known, else 0. Epoch 0: the topic doesn't exist yet; whoever waits for it reads it from its first.
//	topicMessages(link, sub i32, epoch, offset f64, p, n i32)
//	                                      all that there was for us up to the offset: one CBOR array of [offset, at, from, value], in order. Those at
//	                                      or below a reader's offset are old to it.
//
// # Rooms
//
// A link's calls are driven by package dial; what stands in a payload is a matter of the page and the room. Exports:
//
//	openCall(link, room, hello i32, now f64) → call i32
//	                                      enters app:owner/local/room, and gives the call's number. hello: one CBOR item that the room is told, now
//	                                      and after each cut; of 0 bytes it is null. Tells nothing of it before it returns.
//	helloCall(link, call, hello i32)      what the room is told the next time.
//	sendCall(link, call, payload i32, now f64) → i32
//	                                      says one CBOR item of at most 256 KiB, if the call is live, and gives whether it did.
//	closeCall(link, call i32, now f64)    leaves the room. Tells nothing about it.
//
// Imports:
//
//	callState(link, call, state i32, code, message text)
//	                                      it is not live: 0 opening, 2 stale: it will come back, 3 ended: its number means nothing any more. code and
//	                                      message tell why, or what is in the way for the time being; else they are empty.
//	callOpened(link, call, resumed i32, member text, p, n i32)
//	                                      it is live: we are that member. resumed: as before, and nothing that others have of us is lost. The
//	                                      bytes are what the room tells us, one CBOR item.
//	callSignal(link, call, p, n i32)      the room says one CBOR item.
//
// # Clock
//
// Package clocksync compares the clocks. followClock(link i32, now f64) wants to know: from then on the link pings as often as helps,
// and each answer is told by the import clock(link i32, local, server, drift, bound f64, settled i32): at the instant local of the worker's
// clock it is server at the server's, both in µs; the server's clock gains drift a second; bound is by how many µs that can be wrong,
// which grows by MaxDrift; settled: the first few answers are in. What is known already is told before followClock returns.
// Asking again pings at once, though not more than once a second: for whoever noticed that the computer has slept.
//
// # Memory
//
// Bytes come in through one scratch buffer: scratch(n) gives its address, JavaScript writes, and the next export takes the lengths of
// what was written, in order. Bytes go out as address and length that are valid during the import only: who keeps them copies them.
// Memory may grow in every export and in scratch, which detaches all views of it: make them anew.
//
// # Size
//
// The budget is 480,000 bytes with Brotli; a test on the built file keeps it. tools/build takes 80,000 off by leaving out file names and line
// numbers, which only the traces of crashes have, and by joining segments of data. What things weigh without that, in kB of Brotli, Go 1.26:
//
//	the Go runtime alone 418
//	cbor, wire, link and this package 31, sharedmap's mirrors with their frames and calls 17, clocksync 3, topics 3, calls 4
//	strings 7, slices 4, a map of another key type 3, make of a map with a size 2, strconv ½
//	syscall/js 23, time 40, context with time 73, fmt 110, encoding/json 206, net 150 and more: not to be imported
//
// Without inlining in our own packages it is 4 kB smaller and no slower, which tools/build makes use of. Without any inlining (-gcflags=all=-l) it
// would be 32 kB smaller, and a frame would take 15 to 25 % more time.
//
// # Speed
//
// In node on one busy core: a note of 28 bytes, received and told, 2 µs; a request made, sent, answered and told 3.4 µs; 1,000
// deltas of 100 entries each, applied and handed out as batches, 45 to 60 ms, or up to 140 where all entries are new; compiling the
// module 15 ms, starting it 25 ms.
package main
