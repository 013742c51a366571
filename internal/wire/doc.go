// Package wire holds the frames and error codes of the session protocol, version 1.
//
// # Transport
//
// A client opens a WebSocket at GET /api/session with the subprotocol "wab.v1". Every WebSocket message is binary and is one frame: a
// CBOR array (the deterministic subset of package cbor) whose first element, an unsigned integer, is the frame's kind. One socket
// carries several channels; a channel is one session of this client with one CA.
//
// Types below: uint is 0…2⁶⁴-1, uint32 0…2³²-1, instant and duration are int64 (instants in µs since 1970 UTC by the server's clock
// unless said otherwise, durations in ms), text is UTF-8, raw is any one CBOR item, carried as it is.
//
// # From client to server
//
//	1 hello    [1, version uint, token text, client text]
//	           the first frame, within 10 s of the upgrade. version: 1. token: ≤ 8,192 bytes, empty if the upgrade request bore
//	           "Authorization: Bearer …". client: ≤ 64 bytes of free text for the server's log.
//	2 open     [2, ch uint32, ca text, session text, run text, stamp instant, seen uint, keep uint32]
//	           ch: chosen by the client, free on this connection. ca: app:owner/local, ≤ 255 bytes. session: the session's name, a
//	           label that stays the same over reloads, ≤ 63 bytes. run: random, 16 to 64 visible ASCII bytes, made when the client
//	           starts the session without memory of a past one. stamp: 0 at first, later an instant no younger than the first sending
//	           of the oldest request in doubt. seen: the last note that arrived in this run, 0 at first. keep: how many notes the
//	           server holds while the client is away or slow; 0 means 100, 1 the latest only, at most 1,000.
//	3 request  [3, ch uint32, id uint, floor uint, retry bool, method text, args raw]
//	           id: from 1, rising in the run. floor: every id below it is answered and seen, its receipt may go. retry: this id may
//	           have been sent before. method: 1 to 64 bytes. args: one CBOR array.
//	4 seen     [4, ch uint32, seq uint]              every note up to seq has arrived.
//	5 close    [5, ch uint32]                        the session ends for good, its notes are dropped.
//	6 ping     [6, t instant]                        t by the client's clock. Every 20 s, and right after welcome.
//	7 auth     [7, token text]                       a fresh token of the same owner; answered with welcome, or with bye.
//
// # From server to client
//
//	32 welcome  [32, version uint, build text, owner text, now instant, expires instant, maxFrame uint32, maxInflight uint32]
//	            answers hello and auth. build: the server's. owner: the token's. expires: of the token, 0 for never. maxFrame: bytes of
//	            the largest frame that the server takes. maxInflight: requests in flight on one channel.
//	33 opened   [33, ch uint32, resumed bool, now instant]
//	            resumed: the server still held this run's notes. If not, notes may be lost, and seq begins again at 1.
//	34 reply    [34, ch uint32, id uint, result raw]
//	35 error    [35, ch uint32, id uint, code text, message text, retryAfter duration]
//	            id 0: about the channel, which is gone by that: not opened, or taken over by the same session name elsewhere
//	            (conflict). retryAfter 0: unknown.
//	36 note     [36, ch uint32, seq uint, dropped uint, value raw]
//	            seq: from 1, rising in the session. dropped: how many were lost just before this one.
//	37 pong     [37, t instant, received instant, now instant]
//	            t: the ping's. received and now: when the ping arrived and when this was made.
//	38 bye      [38, code text, message text, reconnectAfter duration]
//	            the last frame before the server closes. reconnectAfter -1: not without a change, such as another token.
//
// # SharedMaps
//
// Subscriptions to maps belong to the connection, not to a channel. A replica is known by (epoch, version): the epoch is random and made
// with the map, the version rises by one with each transaction that changes it. From the client:
//
//	64 map-open      [64, sub uint32, map text, epoch uint, version uint (, true)]
//	                 sub: the client's number from 1. map: app:owner/local/map. epoch, version: what its replica holds, 0 and 0 for
//	                 nothing. With true, more: the next frame opens another map of the same writer; nothing comes of either before both are
//	                 decided, so that they go on together. The same sub and map again start over from what is said now.
//	65 map-close     [65, sub uint32]
//	66 set-presence  [66, sub uint32, value raw (, seat uint32)]
//	                 what others in the map see of this client, ≤ 1,024 bytes; null withdraws it. seat: which of its tabs shows it, 0 to
//	                 63; left out where it is 0.
//
// From the server:
//
//	80 map-opened    [80, sub uint32, id uint, who uint, epoch uint, version uint, from uint, snapshot bool]
//	                 id: the map's number in the frames below. who: the number of this subscriber's seat 0 in presence; that of
//	                 seat n is who + n. version: the newest. snapshot: parts follow; if not, the client's replica holds at version
//	                 from, and deltas follow.
//	81 map-part      [81, sub uint32, epoch uint, version uint, last bool, entries map]
//	                 a part of a snapshot of that version, key text → value raw. The last part makes it the replica.
//	82 map-delta     [82, deltas array of [id uint, epoch uint, from uint, to uint, sets map, deletes array of text]]
//	                 maps of one writer that changed together: apply all or nothing. Holds the final values of all keys that changed
//	                 after from, up to to. Applies where from ≤ version < to; to ≤ version: nothing new; else a gap: nothing of the
//	                 frame applies, and all maps of the writer are asked for again together, by map-open with more.
//	83 map-end       [83, sub uint32, code text, message text, retryAfter duration]
//	                 refused, or ended. unavailable, overloaded, quota: ask again later; else final, and the replica is erased.
//	84 presence      [84, id uint, reset bool, changed array of [who uint, owner text, value raw], gone array of uint]
//
// A key is 1 to 256 bytes of UTF-8; one that begins with a zero byte is a method: its value is Starlark source.
//
// # Topics
//
// Subscriptions to topics belong to the connection, too; their numbers are apart from those of maps. A topic is a log: its messages are
// numbered by offset, from 1, without a hole, within an epoch, which is made with the topic: random, and below 2⁵³. From the client:
//
//	67 topic-open    [67, sub uint32, topic text, epoch uint, offset uint, ca text, method text]
//	                 sub: the client's number from 1. topic: app:owner/local/topic, or app:forum/topic. (epoch, offset): the last
//	                 message that the client has; (epoch, 0) is before the first one, (0, 0) from now on. ca and method: both empty
//	                 for all messages; else only those that the policy of that CA, which is the client's own, lets through to that
//	                 handler. A client has one subscription for each (topic, ca, method) at a time. The same sub and topic again
//	                 start over from what is said now.
//	68 topic-close   [68, sub uint32]
//
// From the server:
//
//	85 topic-opened    [85, sub uint32, id uint, epoch uint, offset uint, gap bool, missed uint]
//	                   id: the number, in the frames below, of what this subscription gets; no two of a connection have the same.
//	                   Messages after offset follow. gap: some before it are lost, missed tells how many (0: not known); else offset is
//	                   at most what was asked for. Sent again in mid-stream when a slow reader has lost some. epoch 0: the topic
//	                   doesn't exist yet; it is sent again, with the epoch and offset 0, once it does.
//	86 topic-messages  [86, id uint, epoch uint, after uint, upto uint, messages array of [offset uint, at instant, from text, value raw]]
//	                   all that the client may have of after < offset ≤ upto, in order; its position becomes upto. Messages at or
//	                   below its position are old, and skipped. from: the publisher, app:owner/local. Receivers share the frame.
//	87 topic-end       [87, sub uint32, code text, message text, retryAfter duration]
//	                   refused, or ended. unavailable, overloaded, quota: ask again later; else final.
//
// The value of a message has at most 64 KiB (MaxTopicValue).
//
// # Calls
//
// A room is a map of a CA; who may read it may enter it, if the room is open. Calls belong to the connection, too; their numbers are apart from
// those of maps and topics. What stands in a payload is a matter of the call's two ends: here it is one CBOR item of at most 256 KiB. A connection
// has at most 8 calls. From the client:
//
//	69 call-open    [69, call uint32, room text, member text, secret text, payload raw]
//	                call: the client's number from 1, free on this connection. room: app:owner/local/room. member, secret: those of the last
//	                call-opened, to go on as the same member after a cut; both empty at first. payload: what the room is told of us.
//	70 call-signal  [70, call uint32, payload raw]
//	71 call-close   [71, call uint32]                leaves the room at once. A client that is cut off stays a member for a while.
//
// From the server:
//
//	88 call-opened  [88, call uint32, resumed bool, member text, secret text, payload raw]
//	                resumed: the server still has the member that call-open names, and what the others have of it. If not, everything
//	                begins anew, under the old name perhaps. member: our name in the room, 8 to 22 of A–Z, a–z, 0–9, - and _, unique
//	                in it. secret: 1 to 64 bytes, for nobody else; another one whenever everything begins anew, so that a client which
//	                has not heard of that, for the frame was lost, is not resumed. payload: what we are told of the room.
//	89 call-signal  [89, call uint32, payload raw]
//	90 call-end     [90, call uint32, code text, message text, retryAfter duration]
//	                refused, or ended. unavailable, overloaded, quota: ask again later; else final.
//
// Payloads arrive once and in order between a call-opened and the next cut or call-end. What was under way then is lost: the two ends agree on what
// to say again once they have found each other, which resumed tells. Whoever opens a call as a member that is connected takes its place: the older
// call gets call-end with conflict.
//
// # Sessions
//
// A session belongs to whoever has opened it last: opened with another run it is taken over, and the older channel gets conflict; with
// the same run it replaces the older one silently. A client that resumes (stamp not 0) and finds its session in another's hands gets
// conflict itself, so that two clients of one name do not take it from each other for ever. Requests wait for opened.
//
// # Retries
//
// The receipt of a request that changed something is durable with the change and is kept for 24 hours. After a cut a client opens its
// channels again with the same runs and sends what is unanswered again, with retry, in the order of ids. A server refuses an open whose
// stamp is older than 23 hours with session_expired: by then nobody knows whether the requests in doubt ran.
// The codes overloaded, quota and unavailable promise that a request was not executed. Overloaded and unavailable are said at the door, before
// a receipt was looked for: of an earlier sending they tell nothing, and the request is sent again. Quota is said behind it, in the CA's turn
// or when there is no CA: no sending of the request has had an effect or will, and whether to ask again, with a new id, is the caller's to say.
//
// # Limits and close codes
//
// A frame has at most 1 MiB unless the server says otherwise in welcome, a connection at most 256 channels, a channel at most 256
// requests in flight. A connection without any frame for 45 s is dead. The WebSocket closes with 1000 (normal), 1008 (after a bye with
// reconnectAfter -1), 1009 (too big), 1012 (restart, after the bye of a drain), 1013 (the client reads too slowly, or the server is full).
//
// # Evolution
//
// Elements are only ever added at the end of a frame; decoders ignore those they do not know. A server answers an unknown kind with
// bye bad_request; a client ignores it. Kinds from 64 on belong to features (maps, topics, presence, …). A change that old clients can't
// live with is a new version and a new subprotocol.
//
// # This package
//
// It is pure: Append and Parse are inverse, decoders never panic, allocate no more than the frame is long, and enforce the limits above.
// Raw fields alias the frame that was parsed; texts are copies. Errors of decoders are *Error with BadRequest.
package wire
