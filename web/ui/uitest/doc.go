// Package uitest serves pages for tests with scripts and styles bundled from their sources as they are now, whatever was built before, keeps what they
// say in passing, and has answers come late where a client without a server lets them (late.ts); package browser looks at them.
package uitest
