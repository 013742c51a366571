package client

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/wabgo/wab/internal/follow"
)

// TopicOptions are what of a topic is read, and who hears of it. Handlers run on the Client's goroutine, one after the other.
type TopicOptions struct {
	// CA and Method ask for those messages only that the policy of a CA of our owner lets through to that handler, as if it had subscribed.
	// Both empty ask for all.
	CA, Method string
	// Since is what was read last; messages behind it come first, as far as the server still has them. The zero Position is from now on.
	Since Position

	OnMessage func(TopicMessage)              // hears each message once, in order
	OnGap     func(missed uint64, known bool) // hears that messages are lost here: how many at most, if that is known
	OnState   func(TopicState)                // hears whether messages come as they are published
}

// Position is a place in a topic: behind the message of that offset, in a life of the topic.
type Position struct {
	Epoch  uint64 `json:"epoch"`
	Offset uint64 `json:"offset"`
}

// TopicState is what can be said of a subscription to a topic.
type TopicState = follow.State

// The states of a Topic.
const (
	TopicOpening = follow.Opening // the server has not answered yet
	TopicLive    = follow.Live    // messages come as they are published
	TopicStale   = follow.Stale   // it has been live, and will go on from where it is
	TopicEnded   = follow.Ended   // refused, revoked, or the Client is closed
)

// TopicMessage is a message of a topic.
type TopicMessage struct {
	Epoch  uint64 // with Offset, the Position that a Topic may go on from later
	Offset uint64
	At     time.Time // when it was published, by the server's clock
	From   string    // the CA that published it, app:owner/local
	Value  []byte    // encoded; see Decode
}

// Decode decodes the message's value. Structs follow their cbor or json tags.
func (m TopicMessage) Decode(into any) error { return Decode(m.Value, into) }

// Position is that of the message.
func (m TopicMessage) Position() Position { return Position{m.Epoch, m.Offset} }

// Topic is a subscription to a topic, which goes on for as long as the Client does. Its methods may be called from many goroutines.
type Topic struct {
	c    *Client
	feed *feed
	opt  TopicOptions

	reader follow.Reader // what was queued; guarded by Client.mu

	mu    sync.Mutex
	queue arrivals
}

// Topic subscribes to a topic, app:owner/local/topic or app:forum/topic, and returns once the server has answered. Several Topics of one
// name and filter share a subscription. Errors are *Error if the server refuses, ctx's, or ErrClosed.
func (c *Client) Topic(ctx context.Context, name string, opt TopicOptions) (*Topic, error) {
	t := &Topic{c: c, opt: opt}
	c.do(func() { c.topics.use(t, name) })
	if t.feed == nil {
		return nil, ErrClosed
	}
	select {
	case <-t.feed.ready:
	case <-ctx.Done():
		t.Close()
		return nil, ctx.Err()
	}
	if state, err := t.State(); state == TopicEnded {
		return nil, err
	}
	return t, nil
}

// Close ends the subscription, if t is its last reader. No handler is called afterwards, but one that runs may still be at it.
func (t *Topic) Close() {
	t.mu.Lock()
	t.queue.close()
	t.mu.Unlock()
	t.c.do(func() {
		f, s := t.feed, t.c.topics
		f.users = slices.DeleteFunc(f.users, func(u *Topic) bool { return u == t })
		if len(f.users) == 0 && s.open[f.sub] == f {
			delete(s.open, f.sub)
			s.follow.Close(t.c.now(), f.sub)
		}
	})
}

// Name is the topic's full name.
func (t *Topic) Name() string { return t.feed.name }

// State tells whether messages come as they are published; err is what is in the way, or why the subscription has ended.
func (t *Topic) State() (state TopicState, err error) {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	return t.feed.state, t.feed.err
}

// Position is that of the last message that was handed to OnMessage, or of a later one that was not for us. Epoch is 0 before the server
// has answered, and while the topic doesn't exist.
func (t *Topic) Position() Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queue.at
}
