// Package whiteboard is a board that many people draw on at once: freehand, shapes, text, notes and images.
//
// # How it works
//
// A board is a CA (whiteboard.go). What lies on it is its SharedMap "board", one entry an element: every page of those who are let in mirrors it, and only
// what changes travels. Pages read the map, and change it through Draw alone. They show their own changes at once, over the map, and send them when
// they can, so that one can go on drawing without a connection. A change says what an element is to be; of two the later one wins.
//
// # Who may
//
// The owner may do everything. The maps "editors" and "viewers" are groups: their keys are principals (bob) or groups of others (bob/home/friends), so that
// whom bob calls a friend may come in without another word from the owner, and stays no longer than bob says. Everybody has such a map "friends" on
// their own board, and Lend and Recall say whose boards may read it (the map "lent"). Share lets in whoever has the link.
//
// # Limits
//
// 20,000 elements a board; 500 changes a Draw; an element's text at most 4,000 bytes, its stroke 64 KiB, its image 200,000 bytes.
package whiteboard
