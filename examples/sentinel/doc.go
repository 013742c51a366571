// Package sentinel is a continuous query: an assistant that watches what several owners share, and posts by itself.
//
// # What is watched
//
// Each owner's sentinel shares one number, a level from 0 to 100, in its map readings: told by a page (Report), or by the device sensor, which reports level. Whoever joins somebody lets
// them read it, and watches theirs once they have joined, too. The mean of all that is known counts: one's own level and the others', none older than 10 minutes, of two owners at least.
//
// # What is done
//
// When the mean reaches High, the sentinel makes the post of its rule, as its owner could have on TweetIoT: everybody's devices that follow the tag and let sentinel:owner act do so. Nobody
// needs to look, or be there. It then rests until the mean has been at Low or less, so that a level that trembles makes one post and not a hundred; and in any case as long as the
// rule says, also after somebody else whom it has joined has posted to the same tag: one alarm is enough.
//
// # What wakes it
//
// Changes of maps (OnReading, OnSensor), posts (OnPost), and time itself, for levels grow old and rests end (Look, a timer at the next instant that could change anything). All of them
// end in consider, which decides from what is there: nothing is lost if two wake-ups become one, or none comes while the server is down.
package sentinel
