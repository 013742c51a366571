// Command scribe is the service that writes a journal's lines into a file.
package main
