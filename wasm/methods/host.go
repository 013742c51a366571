package main

// snapshot is what a call may see of the world: one state of a map, and a place for its lines.
type snapshot interface {
	// get gives the encoded value of an entry; it is valid until the next get.
	get(key string) ([]byte, bool)
	// keys gives data keys from number from on, in order, as CBOR texts one behind the other; none at the end.
	keys(from int) []byte
	count() int
	print(line string)
}
