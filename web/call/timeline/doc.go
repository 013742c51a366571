// Package timeline is the media timeline of calls in the browser, which is written in TypeScript: device actions fire with the frame of their member's video that was captured when they were made. What is
// Go here are its tests in real browsers. The bytes are defined in internal/timeline.
//
// # How it works
//
// Who makes an action marks it (Timeline.mark): the worker puts a trailer behind every encoded frame of the camera and the screen, which says for each of the last actions how many RTP ticks before the frame it was made. The action itself goes to
// the server as a signal, and from there, if it may, to everybody. A receiver's worker takes the trailer off before the frame is decoded, and tells the page the action's RTP timestamp. The browser tells with each picture the timestamp of its frame
// (requestVideoFrameCallback): the first picture that is not before the action fires it.
//
// # What is guaranteed
//
// Nothing fires by a trailer alone: only what the server has passed on (heard), or what a device waits for (when), and each once. A member's trailers count for its own actions only. The worst that hostile ones do is to have these fire at once, or at their
// deadline. A trailer that is damaged, or of a later version, stays where it is, and costs nothing but the exactness. Frames go on whatever happens.
//
// Everything that is decided is decided by the director, which is pure: its log replays to the same decisions. An action fires by the deadline at the latest: the delay measured so far and a second, or 2 s after it was made. One of which the page hears more
// than 10 s after it was made does not fire, and is told as late. The last 60 s of marks are remembered for bundles that come late.
//
// # Which frame an action belongs to
//
// The first one that was captured when it was made, or later; not the first that is encoded after it. Sender transforms tell no capture times (Chromium 156, Firefox 153): metadata has rtpTimestamp and mimeType. RTP timestamps follow the capture by the
// browser's clock, in whole ms, from an unknown beginning, which the shutter finds out. Chromium tells the capture times of a camera's pictures (captureTime, on an element that shows the track, which need not be on the page): frames are paired with
// these, and the beginning is known within 0.6 ms (measured with its fake camera, on a busy machine). Pages that paint their pictures tell them themselves (Timeline.captured). Where nobody tells, as in Firefox and of a canvas's captureStream, the quickest frame of the
// last second is taken to have taken no time: the beginning is late by the least delay of capture and encoder, 2 to 5 ms here, more with a camera whose pictures take long to arrive. An action made within that time after a capture then fires one frame early. What the camera itself takes
// from the light to its own timestamp, nobody knows.
//
// # Methods, and by how much they err
//
// Each outcome tells its method, and the ms from the picture to the firing as far as known. Off is measured against marks in the pixels, clean network:
//
//	local     one's own action: when the server has let it through
//	frame     trailer and rtpTimestamp of the picture: Chromium, Firefox since it tells that (153 does)           0 in general; a picture more where the page is late
//	sources   trailer and getSynchronizationSources, read in the callback: Firefox that tells no more             one picture late, as Firefox tells of the one before
//	callback  trailer, and no timestamps at all (Safari): the first picture after the delay in getStats           0 to 2 pictures
//	mapped    no transforms, or marks that were lost: the timestamp in the signal, and the picture's              as frame, where the sender knew it; else a frame or two
//	delay     nothing is drawn (hidden tab, no video): after the delay of pictures so far, or of getStats         not known
//	deadline  nothing came: frozen or muted video                                                                 not known
//
// The rtpTimestamp that Chromium's callback tells may be that of the picture before the one that is on the screen, if the page is busy: while something waits, the picture itself is asked (VideoFrame.metadata).
//
// # Limits
//
// Trailers are proven with VP8, and put behind nothing else. 14 bytes a frame, and 8 for each action of the last 3 s, 32 at most; beyond that, the signal's timestamp serves. A decoder that gets a trailer ignores it. A receiver's transform must be set in the task in which
// its transceiver is made, or the browser passes frames around it without a word. Hidden tabs draw nothing: timers of a worker see to it that the delay counts there.
//
// When a receiver's stream becomes another member's without a new transceiver, a trailer that is under way between worker and page at that moment counts for the new one.
package timeline
