// Package jsoncbor turns JSON into the CBOR in which values travel, and back, at the HTTP edge. It is for servers only.
//
// From JSON: integers that fit an int64 or a uint64 are integers, and so are whole numbers written as 1.0 or 1e3 up to 2^53; others are floats and must
// be finite. Escapes that are no Unicode become U+FFFD. An object's keys come out sorted; one that comes twice is refused.
//
// To JSON: bytes become standard base64, NaN and infinities null, integer keys their digits. Numbers are written in full: a JavaScript
// reader rounds integers beyond ±2^53. A whole float looks like an integer and comes back as one.
//
// Either way nesting is limited to cbor.MaxDepth, and work and memory are proportional to the input, whose size the caller bounds.
package jsoncbor
