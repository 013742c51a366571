// Command personalcloud serves the personal cloud, with white pages and nothing else.
package main
