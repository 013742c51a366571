// Package tweetiot drives lamps and buzzers by posts: who follows a tag has their devices act with everybody else's, at one instant.
//
// # How it works
//
// A post is understood once, where it is made (post.go): its time becomes an absolute one in UTC. It goes to the forum topic of each of its tags. Each owner's
// assistant (tweetiot.go) that follows a tag lets through whom its group acl lets, and gives each device that follows the tag a Timed Bundle, so that devices of any number of owners
// act at the same instant, however long the post took to each. What became of it comes back, into the map timeline.
//
// # Posts
//
//	post = step { "then" step }
//	step = ( "buzz" | "flash" ) [ "for" ms ] [ "after" ms ]
//	tag  = "#" label
//	time = [ "at" ] ( "NOW" | "NOW+" ms ) | "at" instant
//
// In capitals or not. Tags, at least one, and the time, NOW unless there is one, stand anywhere between the words, or before them. buzz is for the device buzzer, flash for the device lamp: its pin goes on,
// for 200 ms or so many as are said, up to 999,999; the same goes for after. Steps follow each other, whatever their devices: the next begins where the one before ends, or so many ms
// after that; after in the first step counts from the post's time. An instant is RFC 3339, in UTC, and neither over nor more than a year away. A label is made of a-z, 0-9 and dashes.
// A post has at most 280 bytes; the same one of the same assistant for the same instant counts once. Anything else is an error, which tells the column, what should stand there, and shows it.
//
// All steps of a device in a post are one bundle, which begins at the post's time and replaces then what is left of an earlier one. A device that gets it late, as NOW always
// comes a little late, makes up for up to two seconds; after that the rest is dropped, and the pin is off.
//
// # Who may
//
// The owner, and the members of the map acl: principals (bob, bob/home, sentinel:bob) and others' groups (bob/home/acl). They may post to devices here, and see in the map
// timeline when these acted. Everybody may read the map acl, so that others' groups can lean on it. Whoever is removed moves nothing more from then on; what they posted
// before, for an instant to come, has been taken and takes place.
//
// # Limits
//
// The latest 50 posts sent and received, and what each device did 50 times, are kept. 50 devices follow a tag; an assistant follows 256 tags and has 64 devices.
package tweetiot
