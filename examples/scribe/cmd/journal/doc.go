// Command journal serves the journal alone.
package main
