// Package follow is the client's side of topics, without I/O: what it subscribes to, where it is, and what it has missed.
//
// Topics is the machine of all subscriptions of one link. It is told of the connection and of frames, and tells what to send and what has come.
// The same one runs in browsers and in native clients. A Reader is one of those who read a subscription, each from a position of its own.
//
// # Guarantees
//
// A Reader gets each message at most once and in the order of offsets. Where something was lost it is told so, at that place, and how many if
// the server knows; a topic that was made anew is a loss of which nobody knows the number. A subscription goes on from its position after a cut,
// and after what doesn't lead on from there. Of a topic that doesn't exist yet nothing is lost: once it does, it is read from its first message.
//
// Refused with unavailable, overloaded or quota, a subscription asks again from where it is, after what the server asks for or ½ s to 30 s,
// with jitter; any other code ends it. Each asking has a number of its own on the wire, so that what is still under way of an older one is
// nobody's. After a frame that is malformed the connection is to be given up; nothing of it is told.
//
// # Positions
//
// A position is (epoch, offset), of the last message that was read. (0, 0) is none: what comes from now on. A Reader that joins a subscription
// with an older position takes it back: the server sends what it still has, and Readers that are further on skip that. One that joins without a
// position begins where the subscription has got to, at most: the driver keeps a Reader for that which passes everything, and copies it. If
// that is not known yet, it begins wherever the server's answer does, which an older position of another Reader may have asked for.
package follow
