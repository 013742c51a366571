// Package timeline ties what people do to the frames of their video: the trailer that a sender puts behind every encoded frame, and the map from the server's
// time to RTP timestamps for where there is no trailer. What fires with the frame is in web/call/timeline.
//
// # The trailer, version 1
//
// A sender appends it to each encoded frame of VP8, a receiver takes it off before it decodes. What stands between does not look at it: it needs no clock, repeats
// itself, so that a lost frame costs nothing, and travels within what end-to-end encryption covers. Integers are big-endian:
//
//	frame ‖ mark × n ‖ counter uint32 ‖ n uint8 ‖ version uint8 = 1 ‖ check uint32 ‖ magic "wab" 0xA7
//	mark = action uint32 ‖ age uint32
//
// counter is the number of the member's newest action, 0 before the first. A mark tells when one of the last few was made: age RTP ticks before this frame's own
// timestamp, so that whoever rewrites timestamps need not know of it. Marks are in the order of their actions, at most MaxMarks, of the last few seconds. check is FNV-1a, 32 bits, of
// everything from the first mark to the version.
//
// An action belongs to the first frame that was captured when it was made or later: the first whose timestamp is not before that of the mark. Timestamps wrap and are compared as serial numbers (RFC 1982).
//
// # What is guaranteed
//
// Split gives back exactly the bytes that were there before Append, whatever they were. What has no valid trailer of version 1 comes back whole: a frame of somebody who
// marks nothing, a trailer of a later version, a damaged one. VP8 decoders ignore bytes behind the last partition, so such a frame still shows its picture.
// An unmarked frame that ends like a valid trailer by chance is one in 2⁷⁰; a sender who makes one on purpose cuts off bytes of its own video, no more.
// A trailer makes nothing happen: it only tells the instant of an action that the server has announced. The codec must be one of those for which trailers are proven: VP8.
//
// # Clock
//
// A Clock maps the server's time to the RTP timestamps of one stream by the stream's sender reports (RFC 3550, 6.4.1). The reports tie RTP timestamps to the publisher's clock, and their arrival
// ties that clock to the server's: the quickest of the last 16 reports tells how far apart the two are, too much by the least delay of the way up. So what it says is early by that delay:
// some ms on a good line, half the way there and back on any, or what is left of it where the caller knows the way and takes it off; plus what the publisher's camera takes until its frame is stamped. It is for receivers to whom no trailer tells better.
//
// # Limits
//
// Everything is pure: no I/O, no goroutine, no lock. A Clock is used by one goroutine at a time, takes half a kilobyte, and a report costs some 50 ns. Instants are int64 µs since 1970 (UTC), by the server's clock unless
// said otherwise.
package timeline
