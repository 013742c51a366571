// Command sentinel serves the sentinel, and TweetIoT, which acts on its posts.
package main
