package wire

import "github.com/wabgo/wab/internal/cbor"

// Kinds of the frames of topics.
const (
	KindTopicOpen  = 67
	KindTopicClose = 68

	KindTopicOpened   = 85
	KindTopicMessages = 86
	KindTopicEnd      = 87
)

// MaxTopicValue is the limit of a message's value, in bytes.
const MaxTopicValue = 64 << 10

// TopicOpen subscribes to a topic, or starts a subscription over.
type TopicOpen struct {
	Sub    uint32 // the client's number, from 1, apart from those of maps
	Topic  string // app:owner/local/topic or app:forum/topic
	Epoch  uint64 // of the last message that the client has; 0 from now on
	Offset uint64 // of that message; 0 in an epoch is before its first one
	CA     string // whose policy decides on each message; empty none
	Method string // the handler whose messages are asked for; empty without CA
}

// Append appends the frame to dst.
func (f TopicOpen) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 7, KindTopicOpen), uint64(f.Sub))
	dst = appendUint(appendUint(appendText(dst, f.Topic), f.Epoch), f.Offset)
	return appendText(appendText(dst, f.CA), f.Method)
}

// ParseTopicOpen reads a topic-open. The names are the receiver's to check.
func ParseTopicOpen(b []byte) (TopicOpen, error) {
	r := open(b, KindTopicOpen, 6)
	f := TopicOpen{
		Sub: r.sub(), Topic: r.text(MaxCA), Epoch: r.uint(), Offset: r.uint(), CA: r.text(MaxCA), Method: r.text(MaxMethod),
	}
	switch {
	case (f.CA == "") != (f.Method == ""):
		r.fail("A subscription that is filtered names both a CA and its handler.")
	case f.Epoch == 0 && f.Offset > 0:
		r.fail(noPosition)
	}
	return f, r.close()
}

// noPosition refuses an offset that belongs to no epoch.
const noPosition = "A position in a topic has an epoch."

// TopicClose ends a subscription.
type TopicClose struct{ Sub uint32 }

// Append appends the frame to dst.
func (f TopicClose) Append(dst []byte) []byte {
	return appendUint(appendHead(dst, 2, KindTopicClose), uint64(f.Sub))
}

// ParseTopicClose reads a topic-close.
func ParseTopicClose(b []byte) (TopicClose, error) {
	r := open(b, KindTopicClose, 1)
	f := TopicClose{Sub: r.sub()}
	return f, r.close()
}

// TopicOpened answers topic-open, and tells in mid-stream of what a slow reader has lost.
type TopicOpened struct {
	Sub    uint32
	ID     uint64 // the number of what this subscription gets, in frames that are shared between receivers
	Epoch  uint64 // 0: the topic doesn't exist yet
	Offset uint64 // messages after it follow
	Gap    bool   // some before it are lost
	Missed uint64 // how many; 0 where that is not known
}

// Append appends the frame to dst.
func (f TopicOpened) Append(dst []byte) []byte {
	dst = appendUint(appendHead(dst, 7, KindTopicOpened), uint64(f.Sub))
	dst = appendUint(appendUint(appendUint(dst, f.ID), f.Epoch), f.Offset)
	return appendUint(appendBool(dst, f.Gap), f.Missed)
}

// ParseTopicOpened reads a topic-opened.
func ParseTopicOpened(b []byte) (TopicOpened, error) {
	r := open(b, KindTopicOpened, 6)
	f := TopicOpened{Sub: r.sub(), ID: r.uint(), Epoch: r.uint(), Offset: r.uint(), Gap: r.bool(), Missed: r.uint()}
	if f.Epoch == 0 && f.Offset > 0 {
		r.fail(noPosition)
	}
	return f, r.close()
}

// TopicMessages carries all that its receivers may have of the messages After < offset ≤ Upto.
type TopicMessages struct {
	ID       uint64
	Epoch    uint64
	After    uint64
	Upto     uint64
	Messages []byte // one CBOR array of messages, see TopicMessage; nil is the empty one
}

// AppendTopicMessages begins a topic-messages with n messages, which the caller appends, in the order of their offsets: see TopicMessage.
func AppendTopicMessages(dst []byte, id, epoch, after, upto uint64, n int) []byte {
	return cbor.AppendArrayHeader(appendTopicMessages(dst, id, epoch, after, upto), n)
}

func appendTopicMessages(dst []byte, id, epoch, after, upto uint64) []byte {
	dst = appendUint(appendUint(appendHead(dst, 6, KindTopicMessages), id), epoch)
	return appendUint(appendUint(dst, after), upto)
}

// Append appends the frame to dst.
func (f TopicMessages) Append(dst []byte) []byte {
	return appendRaw(appendTopicMessages(dst, f.ID, f.Epoch, f.After, f.Upto), f.Messages, emptyArray)
}

// ParseTopicMessages reads a topic-messages. Messages alias b, and are not looked into: ReadTopicMessage reads them.
func ParseTopicMessages(b []byte) (TopicMessages, error) {
	r := open(b, KindTopicMessages, 5)
	f := TopicMessages{ID: r.uint(), Epoch: r.uint(), After: r.uint(), Upto: r.uint(), Messages: r.rawOf(cbor.KindArray)}
	if f.After > f.Upto || f.Epoch == 0 {
		r.fail("The frame is malformed.")
	}
	return f, r.close()
}

// TopicMessage is one message of a topic.
type TopicMessage struct {
	Offset uint64
	At     int64  // µs by the server's clock
	From   string // the publisher, app:owner/local
	Value  []byte // one CBOR item; nil is null
}

// topicMessageFields stand in a message, before those that a later version may add.
const topicMessageFields = 4

// Append appends the message as it stands in a topic-messages.
func (m TopicMessage) Append(dst []byte) []byte {
	dst = appendUint(cbor.AppendArrayHeader(dst, topicMessageFields), m.Offset)
	return appendRaw(appendText(appendInt(dst, m.At), m.From), m.Value, null)
}

// ReadTopicMessage reads the next message of an array of them. It is worth something only if r has no error afterwards. Value aliases r's
// input.
func ReadTopicMessage(r *cbor.Reader) TopicMessage {
	extra := r.Array() - topicMessageFields
	m := TopicMessage{Offset: r.Uint(), At: r.Int(), From: r.Text(), Value: r.Raw()}
	for ; extra > 0 && r.Err() == nil; extra-- {
		r.Skip()
	}
	return m
}

// TopicEnd refuses a subscription, or ends it. After unavailable, overloaded and quota the client asks again from where it is; any other
// code is final.
type TopicEnd struct {
	Sub uint32
	Err Error
}

// Append appends the frame to dst.
func (f TopicEnd) Append(dst []byte) []byte { return appendEnd(dst, KindTopicEnd, f.Sub, f.Err) }

// ParseTopicEnd reads a topic-end.
func ParseTopicEnd(b []byte) (TopicEnd, error) {
	sub, reason, err := parseEnd(b, KindTopicEnd)
	return TopicEnd{sub, reason}, err
}
