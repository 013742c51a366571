// Package answer writes what the HTTP API says: JSON, kept by no cache and taken for nothing else. An error is
//
//	{"error":{"code":"…","message":"…"}}
//
// with the status of its code (SPEC.md, Codes), Retry-After in whole seconds, rounded up, where it names a delay or the status is 429, and WWW-Authenticate where it is 401.
package answer
