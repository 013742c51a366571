// Package name holds the grammar of names.
//
// A name is [app:]owner[/local[/item]][@host]. Each part but the host is a label of RFC 1123 in lower case: 1 to 63 of a–z, 0–9 and
// '-', with no '-' at either end. A host is one or more labels joined by dots, at most 253 bytes, and an optional :port.
//
//	alice                          an owner
//	alice/home                     a CA of hers
//	alice/home/board               a map or topic of that CA
//	tweetiot:alice/home@wab.dev    the same CA, from another app and another server
//	forum/party                    a forum topic, which belongs to nobody (ParseTopic)
//
// There is one spelling for each name, so names compare as strings and as structs. Parsing allocates nothing unless it fails.
// The package is pure and belongs to the browser core.
package name
