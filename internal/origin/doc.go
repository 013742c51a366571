// Package origin decides from which pages a server takes requests, and answers browsers that ask (CORS, Fetch Standard 3.2). A page's origin is its scheme, host
// and port. Three may come in: programs, which name no origin; pages of the host that is asked, whatever their scheme; and pages of listed origins. No
// cookies are concerned, for none are used: a token is something that the page itself has and sends.
//
// It keeps no state and may be used by many goroutines at once.
package origin
