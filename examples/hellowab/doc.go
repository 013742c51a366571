// Package hellowab is a meeting: people in a transparent layer over an app that they use together, and devices of theirs that others may switch.
//
// # How it works
//
// A meeting is a CA (meeting.go) with a room for a call. Its page shows the call over the background, the page of any app of this server, which the host chooses and everybody
// follows. The background runs in each participant's own browser, in a sandboxed frame of an opaque origin: it gets a connection that acts as this participant, by a token narrowed
// to one CA of one app, and nothing else of the page around it. So the app's own policy decides what each of them sees, and two of them may see different things.
//
// A background is {app, ca}. A ca such as alice/board is the same for all; home is everybody's own.
//
// # Who may
//
// The map "people" is a group: who is in it may enter the room, publish, share the screen, act, read the meeting's maps and ask it what its methods tell. Others' CAs may lean on it
// where the background is theirs: a board that lets the group hellowab:alice/standup/people draw lets those draw who are in the meeting, as long as they are.
// The owner admits and removes; what somebody had is taken back at once, and who comes by another's group is kept out by name. Everybody else may Knock.
//
// # Devices
//
// Somebody who brings a device shares it from their own CA with the group and with the meeting (DeviceShare), and then offers it here. Act passes a command on to that CA,
// which decides again. What is offered ends with the tab that has offered it, with the call, or with its owner's word.
//
// # Limits
//
// 50 who knock at a time, each forgotten after two minutes and heard once in five seconds; 64 devices, 16 a person; 500 people admitted by name, and the last 500 who were
// removed kept out; arguments of 1 KiB. Of a background's CA of the host's own, the page asks that it let the people in, by the method LinkGroup(group), which apps for several have.
package hellowab
