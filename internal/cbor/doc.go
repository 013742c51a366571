// Package cbor is the deterministic subset of CBOR (RFC 8949 §4.2.1) in which all values travel and are kept.
//
// It has null, booleans, integers from -2^63 to 2^64-1, floats, text of valid UTF-8, bytes, arrays and maps. Keys of maps are text or
// integers, in the bytewise order of their encodings, each once. Heads take the fewest bytes that hold their number; a float takes
// the shortest of half, single and double that is exact, and NaN has one form. A float stays a float and an integer an integer.
// There are no tags, no undefined, no indefinite lengths. Arrays and maps nest at most MaxDepth deep.
//
// One value therefore has one encoding: bytes compare where values would.
//
// What a header claims costs nothing: work and memory are bounded by the bytes that are there. Reader checks each item that it
// reads, but the order of a map's keys only in what it skips or takes raw; Check an input first, or take it by Raw, before trusting
// it to be deterministic.
//
// The package is pure and belongs to the browser core. A Reader and the slices it returns share the input, which nobody may change
// meanwhile.
package cbor
