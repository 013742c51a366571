// Package sharedmap is the data of SharedMaps: maps of text to CBOR values with one writer and many readers.
//
// # The server's side
//
// A Map is one version of a map. It never changes, costs its readers no lock, and shares with its successor what they have in common:
// whoever holds one reads the same for as long as they like. A writer takes an Edit, changes what it likes, and either forgets it or
// commits it, which makes the next version and the Delta between the two in time that follows the changes, not the size of the map.
// An Edit, a Cursor and a Loader belong to one goroutine at a time; Maps and Deltas may be shared.
//
// Each entry knows the version that changed it last. A deletion leaves a tombstone, so that Since can tell a reader at any version
// from the map's floor on what it has missed. Of tombstones at most 10,000 stay, or a quarter of the number of live entries if that
// is more; the oldest go first, and raise the floor. Versions and tombstones are stored with the map: a Loader brings back the same.
//
// Entries stand in the order of a CBOR map's keys, everywhere: shorter keys first, equally long ones bytewise. What is read from a
// map or a delta can be written out as it comes.
//
// Values and texts that are handed out share memory with the map, which nobody may change. What is handed in is copied.
//
// # The structure
//
// A Map is a tree whose nodes are copied when they change: a B+tree of 32 items a leaf and 16 children a node. A commit goes through it
// once with all of its changes in order. Each child stands with the newest version and the oldest tombstone below it, so that neither
// Since nor the end of old tombstones needs a list of its own. It was measured against others, at a million and at 10,000 entries with
// keys of 20 and values of 50 bytes in random order; ns of CPU time, per entry where a hundred change at once (2 cores, busy, Go 1.26:
// compare them with each other only).
//
//	1,000,000 / 10,000 entries         bytes an entry  get           commit of 1     of 100         iterate    load
//	this tree                          111             2,400 / 230   11,400 / 3,400  6,400 / 1,100  16 / 1.6   760 / 280
//	hash trie, 32 ways, same items     133 / 125         780 / 100    4,100 / 2,000  5,400 / 1,000  40 / 3.8  1,340 / 370
//	treap, same items                  144             3,500 / 360    4,900 / 2,000  9,300 / 1,800  76 / 11     800 / 370
//	tidwall/btree 1.7, same items      132 / 122       2,700 / 390    7,700 / 3,400  5,900 / 1,000  20 / 1.7    730 / 370
//	tidwall/btree 1.7, key and value   183 / 171       2,700 / 350   11,400 / 5,100  7,400 / 1,500  28 / 2.6    810 / 410
//	benbjohnson/immutable 0.4 Map      190 / 180       1,200 / 100    3,500 / 2,300  5,800 / 1,600  150 / 27    900 / 320
//	the same, SortedMap                177 / 143       2,600 / 270   10,600 / 3,300  9,300 / 3,000  43 / 5     1,900 / 590
//
// A hash trie is quicker in reading and changing single keys, by less than a durable commit takes. It has no order, though: each part
// of a snapshot and each delta would have to be sorted, and readers, who are many, iterate. The benchmarks of this package measure the
// tree as it is.
//
// # Limits
//
// Keys have 1 to 256 bytes of UTF-8 and don't begin with a control character, other than MethodMark, which begins the keys of methods.
// A value is one item of package cbor, of at most 256 KiB. A map has at most 2,097,152 live entries of 1 GiB in all, an Edit at most
// 100,000 changes of 16 MiB in all. What goes beyond is refused with a *wire.Error, and leaves everything as it was.
//
// # The client's side
//
// A Replica is a plain map of encoded values. Mirrors is the machine of all subscriptions of one link, without I/O: it is told of the
// connection and of frames, and tells what to send and what changed. The same one runs in browsers and in native clients; the cases
// in testdata/mirror say what it does.
//
// A delta applies whole or not at all, and so does a snapshot, in however many parts it comes. What doesn't lead on from the version that
// is held is a gap: the map is asked for again from there, at most once a second, and is stale until it has caught up. A version never goes back
// within an epoch. Refused with unavailable, overloaded or quota, a mirror keeps its content and asks again, after what the server asks for
// or ½ s to 30 s, with jitter; any other code ends it. A frame that is malformed changes nothing, and the connection is to be given up.
//
// Frames may be used again once their events are drained: what is kept is copied.
package sharedmap
