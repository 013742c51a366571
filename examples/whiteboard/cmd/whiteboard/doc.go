// Command whiteboard serves the whiteboard alone.
package main
