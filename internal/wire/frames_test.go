package wire

import (
	"fmt"

	"github.com/wabgo/wab/internal/cbor"
)

// frame is what all frames can do.
type frame interface{ Append([]byte) []byte }

// parsers reads every kind of frame.
var parsers = map[uint64]func([]byte) (frame, error){
	KindHello:   func(b []byte) (frame, error) { return ParseHello(b) },
	KindOpen:    func(b []byte) (frame, error) { return ParseOpen(b) },
	KindRequest: func(b []byte) (frame, error) { return ParseRequest(b) },
	KindSeen:    func(b []byte) (frame, error) { return ParseSeen(b) },
	KindClose:   func(b []byte) (frame, error) { return ParseClose(b) },
	KindPing:    func(b []byte) (frame, error) { return ParsePing(b) },
	KindAuth:    func(b []byte) (frame, error) { return ParseAuth(b) },
	KindWelcome: func(b []byte) (frame, error) { return ParseWelcome(b) },
	KindOpened:  func(b []byte) (frame, error) { return ParseOpened(b) },
	KindReply:   func(b []byte) (frame, error) { return ParseReply(b) },
	KindError:   func(b []byte) (frame, error) { return ParseFailure(b) },
	KindNote:    func(b []byte) (frame, error) { return ParseNote(b) },
	KindPong:    func(b []byte) (frame, error) { return ParsePong(b) },
	KindBye:     func(b []byte) (frame, error) { return ParseBye(b) },

	KindMapOpen:     func(b []byte) (frame, error) { return ParseMapOpen(b) },
	KindMapClose:    func(b []byte) (frame, error) { return ParseMapClose(b) },
	KindSetPresence: func(b []byte) (frame, error) { return ParseSetPresence(b) },
	KindMapOpened:   func(b []byte) (frame, error) { return ParseMapOpened(b) },
	KindMapPart:     func(b []byte) (frame, error) { return ParseMapPart(b) },
	KindMapDelta:    func(b []byte) (frame, error) { return ParseMapDelta(b) },
	KindMapEnd:      func(b []byte) (frame, error) { return ParseMapEnd(b) },
	KindPresence:    func(b []byte) (frame, error) { return ParsePresence(b) },

	KindTopicOpen:     func(b []byte) (frame, error) { return ParseTopicOpen(b) },
	KindTopicClose:    func(b []byte) (frame, error) { return ParseTopicClose(b) },
	KindTopicOpened:   func(b []byte) (frame, error) { return ParseTopicOpened(b) },
	KindTopicMessages: func(b []byte) (frame, error) { return ParseTopicMessages(b) },
	KindTopicEnd:      func(b []byte) (frame, error) { return ParseTopicEnd(b) },

	KindCallOpen:   func(b []byte) (frame, error) { return ParseCallOpen(b) },
	KindCallSend:   func(b []byte) (frame, error) { return ParseCallSend(b) },
	KindCallClose:  func(b []byte) (frame, error) { return ParseCallClose(b) },
	KindCallOpened: func(b []byte) (frame, error) { return ParseCallOpened(b) },
	KindCallSignal: func(b []byte) (frame, error) { return ParseCallSignal(b) },
	KindCallEnd:    func(b []byte) (frame, error) { return ParseCallEnd(b) },
}

const (
	testRun    = "0123456789abcdef"
	testMember = "Kx_9-aB3"
)

// samples are the frames of testdata/frames.txt, in its order.
var samples = []struct {
	name  string
	frame frame
}{
	{"hello", Hello{Version: 1, Token: "t.o.k", Client: "wab-go/1"}},
	{"open first", Open{Ch: 1, CA: "counter:alice/home", Session: "phone", Run: testRun}},
	{"open resumed", Open{Ch: 7, CA: "counter:alice/home", Session: "phone", Run: testRun, Stamp: 1_790_000_000_000_000, Seen: 41, Keep: 1}},
	{"request", Request{Ch: 1, ID: 1, Floor: 1, Method: "Add", Args: []byte{0x81, 0x05}}},
	{"request again", Request{Ch: 1, ID: 300, Floor: 256, Retry: true, Method: "Get", Args: []byte{0x80}}},
	{"seen", Seen{Ch: 1, Seq: 1 << 40}},
	{"close", Close{Ch: 1<<32 - 1}},
	{"ping", Ping{T: 1_790_000_000_000_000}},
	{"auth", Auth{Token: "t.o.k"}},
	{"welcome", Welcome{1, "v1", "alice", 1_790_000_000_000_000, 0, MaxFrame, MaxInflight}},
	{"opened", Opened{Ch: 1, Resumed: true, Now: 1_790_000_000_000_000}},
	{"reply", Reply{Ch: 1, ID: 1, Result: []byte{0x05}}},
	{"error", Failure{Ch: 1, ID: 2, Err: Error{Overloaded, "too much", 250}}},
	{"note", Note{Ch: 1, Seq: 3, Dropped: 1, Value: []byte{0x61, 'x'}}},
	{"pong", Pong{T: -1, Received: 2, Now: 3}},
	{"bye", Bye{Code: Unauthenticated, Message: "sign in again", ReconnectAfter: -1}},

	{"map-open", MapOpen{Sub: 1, Map: "whiteboard:alice/home/board", Epoch: 1 << 52, Version: 7, More: true}},
	{"map-close", MapClose{Sub: 1}},
	{"set-presence of a seat", SetPresence{Sub: 1, Value: []byte{0x05}, Seat: 63}},
	{"set-presence", SetPresence{Sub: 1, Value: []byte{0x82, 0x18, 100, 0x18, 50}}},
	{"map-opened", MapOpened{Sub: 1, ID: 9, Who: 3, Epoch: 1 << 52, Version: 8, From: 7}},
	{"map-part", MapPart{Sub: 1, Epoch: 1 << 52, Version: 8, Last: true, Entries: []byte{0xa1, 0x61, 'k', 0x05}}},
	{"map-delta", MapDelta{[]byte{0x81, 0x86, 9, 5, 7, 8, 0xa1, 0x61, 'k', 0x05, 0x81, 0x61, 'd'}}},
	{"map-end", MapEnd{Sub: 1, Err: Error{NotAllowed, "no longer", 0}}},
	{"presence", Presence{ID: 9, Changed: []byte{0x81, 0x83, 3, 0x63, 'b', 'o', 'b', 0x05}, Gone: []byte{0x81, 4}}},

	{"topic-open", TopicOpen{Sub: 1, Topic: "tweetiot:alice/home/news", Epoch: 1 << 52, Offset: 7}},
	{"topic-open filtered", TopicOpen{Sub: 2, Topic: "tweetiot:forum/party", CA: "tweetiot:bob/home", Method: "OnTweet"}},
	{"topic-close", TopicClose{Sub: 1}},
	{"topic-opened", TopicOpened{Sub: 1, ID: 9, Epoch: 1 << 52, Offset: 7}},
	{"topic-opened after a gap", TopicOpened{Sub: 1, ID: 9, Epoch: 1 << 52, Offset: 300, Gap: true, Missed: 293}},
	{"topic-messages", TopicMessages{ID: 9, Epoch: 1 << 52, After: 7, Upto: 9, Messages: messages(
		TopicMessage{8, 1_790_000_000_000_000, "tweetiot:alice/home", []byte{0x05}},
		TopicMessage{9, 1_790_000_000_000_001, "tweetiot:bob/home", []byte{0x61, 'x'}},
	)}},
	{"topic-end", TopicEnd{Sub: 1, Err: Error{Overloaded, "too many", 250}}},

	{"call-open", CallOpen{Call: 1, Room: "hellowab:alice/standup/room", Payload: []byte{0xa1, 0x64, 'n', 'a', 'm', 'e', 0x63, 'B', 'o', 'b'}}},
	{"call-open resumed", CallOpen{Call: 8, Room: "hellowab:alice/standup/room", Member: testMember, Secret: testRun, Payload: []byte{0xf6}}},
	{"call-signal of a client", CallSend{Call: 1, Payload: []byte{0xa1, 0x61, 't', 0x65, 'o', 'f', 'f', 'e', 'r'}}},
	{"call-close", CallClose{Call: 1}},
	{"call-opened", CallOpened{Call: 1, Member: testMember, Secret: testRun, Payload: []byte{0xa1, 0x62, 'm', 'e', 0x61, 'b'}}},
	{"call-opened resumed", CallOpened{Call: 8, Resumed: true, Member: testMember, Secret: testRun, Payload: []byte{0xf6}}},
	{"call-signal of the server", CallSignal{Call: 1, Payload: []byte{0xa1, 0x61, 't', 0x66, 'a', 'n', 's', 'w', 'e', 'r'}}},
	{"call-end", CallEnd{Call: 1, Err: Error{Quota, "The room is full.", 5000}}},
}

func messages(all ...TopicMessage) []byte {
	dst := cbor.AppendArrayHeader(nil, len(all))
	for _, m := range all {
		dst = m.Append(dst)
	}
	return dst
}

func sample(kind uint64) frame {
	for _, s := range samples {
		if Kind(s.frame.Append(nil)) == kind {
			return s.frame
		}
	}
	panic(fmt.Sprint("no sample of kind ", kind))
}
