// Package whitepages is a book in which the people of a server may look each other up: those who have asked to stand in it, and no others.
//
// There is one book, the assistant commons/pages, which belongs to the server itself. Whoever is signed in may search it, by a client or by an assistant of any app, and put
// themselves in or take themselves out. An entry stands under the owner that the server knows the caller as; nobody can write one for somebody else, and each owner has one. It says a
// name and a line; where its owner can be reached is their address, owner@host, which their own card answers for.
//
//	List({"name": "Alice", "about": "Gardens"})   puts the caller in, or changes their entry
//	Unlist()                                      takes them out, and tells whether they were in
//	Search("gar ali", 20)                         entries in which each word is found, the best first
//	All("", 50)                                   entries in the order of their owners, after one of them
//
// The entries are a SharedMap, entries, by owner, which anybody who is signed in may replicate.
//
// # Limits
//
// 100 characters of name, 280 about; 100,000 entries; 20 changes of an entry an hour, counted in memory; 50 entries an answer, 100 characters and 8 words a search.
package whitepages
