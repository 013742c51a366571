// Command tweetiot serves TweetIoT alone.
package main
