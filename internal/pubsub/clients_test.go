package pubsub_test

import (
	"testing"
	"time"

	"github.com/wabgo/wab/internal/wire"
)

func TestPUB3_AClientHearsWhatIsPublishedFromNowOn(t *testing.T) {
	h := newHall(t)
	h.say("alice/home", "forum/party", "before")
	p := h.peer("bob")
	party := p.follow("forum/party").lives()
	h.say("alice/home", "forum/party", "one")
	h.say("carol/home", "forum/party", "two")
	party.hears("2:alice/home=one 3:carol/home=two")
	party.close()
	h.say("alice/home", "forum/party", "unheard")
	again := p.follow("forum/party").lives()
	h.say("alice/home", "forum/party", "heard")
	again.hears("5:alice/home=heard")
	party.hears("2:alice/home=one 3:carol/home=two")
}

func TestPUB3_AClientGoesOnFromItsPosition(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	party := p.follow("forum/party").lives() // it doesn't exist yet
	h.say("alice/home", "forum/party", "one")
	party.hears("1:alice/home=one")
	p.cut()
	h.say("alice/home", "forum/party", "two")
	p.connect()
	h.say("alice/home", "forum/party", "three")
	party.hears("1:alice/home=one 2:alice/home=two 3:alice/home=three")
	p.cut()
	h.must("alice/home", "Many", "forum/party", 0, 700, 0)
	h.settled()
	h.crash() // and more than one stretch of the store
	p.connect()
	party.at(703)
	if got := len(party.got); got != 703 || party.got[702] != "703:alice/home=699" {
		t.Fatal(got, party.got[got-1])
	}
	epoch, _ := party.position()
	h.peer("carol").follow("forum/party", epoch, 701).hears("702:alice/home=698 703:alice/home=699")
}

func TestPUB3_AGapIsTold(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	party := p.follow("forum/party").lives()
	h.say("alice/home", "forum/party", "first")
	party.hears("1:alice/home=first")
	p.cut()
	h.must("alice/home", "Many", "forum/party", 0, 600, 0)
	h.settled()
	h.Clock.Advance(8 * 24 * time.Hour)
	h.say("alice/home", "forum/party", "last")
	h.settled()
	p.connect()
	party.at(602)
	if party.got[1] != "+510" || party.got[2] != "512:alice/home=510" {
		t.Fatal(party.got[:3])
	}
	h.peer("carol").follow("forum/party", 7, 3).at(602) // another epoch
}

func TestPUB3_AnotherEpochIsAGap(t *testing.T) {
	h := newHall(t)
	h.say("alice/home", "alice/home/news", "old")
	p := h.peer("alice")
	news := p.follow("alice/home/news").lives()
	away := h.peer("alice")
	late := away.follow("alice/home/news").lives()
	h.say("alice/home", "alice/home/news", "heard")
	news.hears("2:alice/home=heard")
	late.hears("2:alice/home=heard")
	away.cut()
	h.must("alice/home", "End")
	h.settled()
	h.Until("the end", func() bool { epoch, _ := news.position(); return epoch == 0 })
	h.Until("a new one", func() bool {
		h.pass(time.Second)
		return h.do("alice/home", "Publish", "alice/home/news", "new").Err == nil
	})
	news.hears("2:alice/home=heard 1:alice/home=new")
	away.connect()
	late.hears("2:alice/home=heard 1:alice/home=new")
	h.crash()
	p.connect()
	stranger := h.peer("alice").follow("alice/home/news", 77, 5)
	stranger.hears("+0 1:alice/home=new")
}

func TestPUB4_AStrangerReadsNoPrivateTopic(t *testing.T) {
	h := newHall(t)
	h.say("alice/home", "alice/home/news", "secret")
	h.peer("bob").follow("alice/home/news", 1, 0).ends(wire.NotAllowed)
	h.peer("bob").follow("carol/home/news").ends(wire.NotFound)
	h.must("alice/home", "Allow", "bob", "news")
	news := h.peer("bob").follow("alice/home/news").lives()
	mine := h.peer("alice").follow("alice/home/news").lives()
	h.say("alice/home", "alice/home/news", "for friends")
	news.hears("2:alice/home=for friends")
	h.must("alice/home", "Revoke", "bob", "news")
	h.say("alice/home", "alice/home/news", "not for bob")
	news.ends(wire.NotAllowed)
	mine.hears("2:alice/home=for friends 3:alice/home=not for bob")
	news.hears("2:alice/home=for friends")
}

func TestPUB4_AForumIsFilteredByTheReadersPolicy(t *testing.T) {
	h := newHall(t)
	p := h.peer("bob")
	all := p.follow("forum/party").lives()
	some := p.filter("forum/party", "app:bob/home", "OnTweet").lives()
	h.say("alice/home", "forum/party", "a")
	h.say("bob/other", "forum/party", "b")
	some.hears("2:bob/other=b")
	h.must("bob/home", "Allow", "alice", "OnTweet")
	h.say("alice/home", "forum/party", "c")
	h.say("carol/home", "forum/party", "d")
	some.hears("2:bob/other=b 3:alice/home=c")
	h.must("bob/home", "Revoke", "alice", "OnTweet")
	h.say("alice/home", "forum/party", "e")
	h.say("bob/other", "forum/party", "f")
	some.hears("2:bob/other=b 3:alice/home=c 6:bob/other=f")
	all.hears("1:alice/home=a 2:bob/other=b 3:alice/home=c 4:carol/home=d 5:alice/home=e 6:bob/other=f")
	p.filter("forum/party", "app:alice/home", "OnTweet").ends(wire.NotAllowed)
}

func TestPUB3_WhoMayHaveNothingIsToldItsPosition(t *testing.T) {
	h := newHall(t)
	some := h.peer("bob").filter("forum/party", "app:bob/home", "OnTweet").lives()
	for range 5 {
		h.must("alice/home", "Many", "forum/party", 0, 500, 0)
		h.settled()
	}
	some.at(2000)
	if some.frames > 2 || len(some.got) > 0 {
		t.Fatal(some.frames, some.got)
	}
}
