package client_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/wabgo/wab/internal/wire"
	"github.com/wabgo/wab/wasm/client"
)

// heard is what the handlers of a topic hear, in order and in short.
type heard struct {
	t     *testing.T
	lines chan string
	topic *client.Topic
}

func (p *parties) listen(c *client.Client, opt client.TopicOptions) *heard {
	p.t.Helper()
	h := &heard{t: p.t, lines: make(chan string, 5000)}
	opt.OnMessage = func(m client.TopicMessage) {
		var n uint64
		if err := m.Decode(&n); err != nil || n != m.Offset || m.From != "app:alice/home" || m.At.UnixMicro() != int64(n) {
			p.t.Errorf("%+v, %v", m, err)
		}
		h.lines <- fmt.Sprint(m.Epoch, ".", m.Offset)
	}
	opt.OnGap = func(missed uint64, known bool) { h.lines <- fmt.Sprint("lost ", missed, " ", known) }
	told := client.TopicOpening
	opt.OnState = func(s client.TopicState) { // which a slow handler may hear twice
		if s != told && s >= client.TopicStale {
			h.lines <- s.String()
		}
		told = s
	}
	topic, err := c.Topic(p.t.Context(), partyName, opt)
	if err != nil {
		p.t.Fatal(err)
	}
	h.topic = topic
	return h
}

// hear waits for what comes next.
func (h *heard) hear(want ...string) {
	h.t.Helper()
	for i, line := range want {
		if got := <-h.lines; got != line {
			h.t.Fatalf("heard %q, not %q (%d of %d)", got, line, i, len(want))
		}
	}
}

func TestPUB3_ATopicIsFollowedThroughCutsAndLosses(t *testing.T) {
	p := startParties(t)
	p.publish(2)
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	if at := h.topic.Position(); at != (client.Position{Epoch: 7, Offset: 2}) || h.topic.Name() != partyName {
		t.Errorf("%s is at %v", h.topic.Name(), at)
	}
	p.publish(1)
	p.publish(2)
	h.hear("7.3", "7.4", "7.5")
	p.cut()
	h.hear("stale")
	p.publish(2)
	p.mend(c)
	h.hear("7.6", "7.7")
	p.lose(3)
	h.hear("lost 3 true")
	p.cut()
	h.hear("stale")
	p.lose(4)
	p.mend(c)
	h.hear("lost 4 true")
	p.publish(1)
	h.hear("7.15")
	p.anew()
	h.hear("lost 0 false")
	p.publish(1)
	h.hear("8.1")
	if at := h.topic.Position(); at != (client.Position{Epoch: 8, Offset: 1}) {
		t.Errorf("it is at %v", at)
	}
	if opens, closes := p.told(); closes != 0 || opens[1].Epoch != 7 || opens[1].Offset != 5 {
		t.Errorf("%d closed, opened by %+v", closes, opens)
	}
}

func TestPUB3_ATopicGoesOnFromAPosition(t *testing.T) {
	p := startParties(t)
	p.publish(5)
	h := p.listen(p.dial(), client.TopicOptions{Since: client.Position{Epoch: 7, Offset: 3}})
	h.hear("7.4", "7.5")
	p.lose(1)
	h = p.listen(p.dial(), client.TopicOptions{Since: client.Position{Epoch: 7, Offset: 3}})
	h.hear("lost 3 true")
	h = p.listen(p.dial(), client.TopicOptions{Since: client.Position{Epoch: 6, Offset: 3}})
	h.hear("lost 0 false")
}

func TestPUB3_ATopicThatIsMadeLaterIsReadFromItsFirstMessage(t *testing.T) {
	p := startParties(t)
	p.epoch = 0
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	if at := h.topic.Position(); at != (client.Position{}) {
		t.Errorf("it is at %v", at)
	}
	p.cut()
	h.hear("stale")
	p.mu.Lock()
	p.epoch, p.newest = 9, 2
	p.mu.Unlock()
	p.mend(c)
	h.hear("9.1", "9.2")
}

func TestTopicsOfOneNameShareASubscription(t *testing.T) {
	p := startParties(t)
	p.publish(3)
	c := p.dial()
	first := p.listen(c, client.TopicOptions{})
	p.publish(1)
	first.hear("7.4")
	second := p.listen(c, client.TopicOptions{})
	third := p.listen(c, client.TopicOptions{Since: client.Position{Epoch: 7, Offset: 1}})
	p.publish(1)
	third.hear("7.2", "7.3", "7.4", "7.5")
	first.hear("7.5") // not again what came for the third
	second.hear("7.5")
	p.listen(c, client.TopicOptions{CA: "app:bob/home", Method: "OnTweet"})
	opens, closes := p.told()
	if len(opens) != 3 || closes != 1 || opens[1].Offset != 1 || opens[2].CA != "app:bob/home" || opens[2].Method != "OnTweet" {
		t.Errorf("%d closed, opened by %+v", closes, opens)
	}
	first.topic.Close()
	second.topic.Close()
	p.publish(1)
	third.hear("7.6")
	third.topic.Close()
	p.listen(c, client.TopicOptions{})
	if _, closes := p.told(); closes != 2 {
		t.Errorf("%d closed", closes)
	}
	if len(first.lines)+len(second.lines) > 0 {
		t.Errorf("the closed ones heard %q", <-first.lines)
	}
}

func TestASlowHandlerOfATopicIsToldOfItsGap(t *testing.T) {
	p := startParties(t)
	release, done := make(chan struct{}), make(chan struct{})
	var seen, lost, before uint64
	const all = 3000
	c := p.dial()
	_, err := c.Topic(t.Context(), partyName, client.TopicOptions{
		OnGap: func(missed uint64, known bool) {
			if !known {
				t.Error("it is known how many are lost")
			}
			lost += missed
		},
		OnMessage: func(m client.TopicMessage) {
			<-release
			if m.Offset != before+1 && m.Offset-1 != seen+lost {
				t.Errorf("%d after %d, with %d seen and %d lost", m.Offset, before, seen, lost)
			}
			if seen, before = seen+1, m.Offset; m.Offset == all {
				close(done)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range all / 100 {
		p.publish(100)
	}
	if err := c.CA("counter:alice/home", client.CAOptions{}).Call(t.Context(), nil, "Get"); err != nil { // its answer comes behind all
		t.Fatal(err)
	}
	close(release)
	<-done
	if lost == 0 || seen+lost != all || seen < 1000 {
		t.Errorf("%d seen, %d lost", seen, lost)
	}
}

func TestARefusalEndsATopic(t *testing.T) {
	p := startParties(t)
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	p.end(wire.Err(wire.NotAllowed, "No."))
	h.hear("ended")
	var coded *wire.Error
	if state, err := h.topic.State(); state != client.TopicEnded || !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("it is %v, %v", state, err)
	}
	if _, err := c.Topic(t.Context(), partyName, client.TopicOptions{}); !errors.As(err, &coded) || coded.Code != wire.NotAllowed {
		t.Errorf("opened again: %v", err)
	}
}

func TestATopicWaitsWhereTheServerIsBusy(t *testing.T) {
	p := startParties(t)
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	p.publish(1)
	h.hear("7.1")
	p.end(wire.Retry(wire.Overloaded, "Later.", 1))
	h.hear("stale")
	if state, err := h.topic.State(); state != client.TopicStale || err == nil {
		t.Errorf("it is %v, %v", state, err)
	}
	p.mu.Lock()
	p.refusal = nil
	p.mu.Unlock()
	p.publish(2)
	h.hear("7.2", "7.3")
}

func TestATopicOutlivesAServerThatMakesNoSense(t *testing.T) {
	p := startParties(t)
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	p.babble()
	h.hear("stale")
	p.publish(1)
	p.mend(c)
	h.hear("7.1")
}

func TestATopicEndsWithItsClientAndItsContext(t *testing.T) {
	p := startParties(t)
	c := p.dial()
	h := p.listen(c, client.TopicOptions{})
	p.mu.Lock()
	p.refusal = wire.Retry(wire.Unavailable, "Not now.", 60_000)
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Topic(ctx, "app:forum/other", client.TopicOptions{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	done := make(chan error)
	go func() {
		_, err := c.Topic(t.Context(), "app:forum/third", client.TopicOptions{})
		done <- err
	}()
	c.Close()
	if err := <-done; !errors.Is(err, client.ErrClosed) {
		t.Error(err)
	}
	if state, err := h.topic.State(); state != client.TopicEnded || !errors.Is(err, client.ErrClosed) {
		t.Errorf("it is %v, %v", state, err)
	}
}

func TestATopicsPositionMovesWithWhatIsHandedOut(t *testing.T) {
	p := startParties(t)
	at := make(chan []client.Position, 10)
	var topic *client.Topic
	ready := make(chan struct{})
	topic, err := p.dial().Topic(t.Context(), partyName, client.TopicOptions{OnMessage: func(m client.TopicMessage) {
		<-ready
		at <- []client.Position{m.Position(), topic.Position()}
	}})
	if err != nil {
		t.Fatal(err)
	}
	close(ready)
	p.publish(3)
	for range 3 {
		if pair := <-at; !slices.Equal(pair[:1], pair[1:]) {
			t.Errorf("%v", pair)
		}
	}
}
