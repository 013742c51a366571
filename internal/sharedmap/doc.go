// Package sharedmap is the data of SharedMaps: maps of text to CBOR values with one writer and many readers.
//
// # The server's side
//
// A Map is one version of a map. It never changes, costs its readers no lock, and shares with its successor what they have in common:
// whoever holds one reads the same for as long as they like. A writer takes an Edit, changes what it likes, and either forgets it or
// commits it, which makes the next version and the Delta between the two in time that follows the changes, not the size of the map.
// An Edit belongs to one goroutine at a time; everything else may be shared.
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
// # Limits
//
// Keys have 1 to 256 bytes of UTF-8 and don't begin with a control character, other than MethodMark, which begins the keys of methods.
// A value is one item of package cbor, of at most 256 KiB. A map has at most 2,097,152 live entries of 1 GiB in all, an Edit at most
// 100,000 changes of 16 MiB in all. What goes beyond is refused with a *wire.Error, and leaves everything as it was.
//
// # The client's side
package sharedmap
