// Package uitest serves pages for tests with scripts and styles bundled from their sources as they are now, whatever was built before, and keeps what they
// say in passing; package browser looks at them.
package uitest
