// Command wab serves the examples, mints tokens, checks what clients of a server can reach, and tells TypeScript what apps can be asked. Run wab help.
//
// Exit codes: 0 done, 1 failed with one line on standard error, 2 asked in a wrong way. Standard output bears results only: the line "listening on URL", a
// token, an app's types, a version. Logs and errors go to standard error.
//
// A certificate given by files is looked at once a handshake and read again when it has changed; one that can't be read is logged, and the one before
// stays. The one of --tls-self is kept in the data folder (tls-self.crt, tls-self.key, mode 0600), names this machine and its addresses, and is made
// anew when those change or 30 days before it ends.
package main
