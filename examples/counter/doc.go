// Package counter is the smallest whole app: a number that many people change, live in every tab, and a ledger of who changed it.
//
// The CA (counter.go) tells every open page of each change, with a revision, because news and answers may cross on their way: a page shows the newest it
// knows. Only the owner may count, until Let opens it to somebody. The page (page.templ, page/) works by keyboard, says how it stands with the server and
// what has become of one's changes, and sends what was counted without a connection once it is back. Maps come to the counter with the maps themselves.
package counter
