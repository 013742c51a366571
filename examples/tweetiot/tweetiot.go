package tweetiot

import (
	"slices"
	"strings"
	"time"

	"github.com/wabgo/wab/server"
)

// Assistant is the Cloud Assistant behind one owner's devices. All it knows is in maps, which the owner's pages mirror: acl, a group, are those whose posts count
// here; tags holds the devices that follow a tag; posts those sent and received; and timeline what each device has done.
type Assistant struct{}

// Init lets the group post, and see when devices here acted. Who is in it may be read by anybody: so others' groups can lean on it.
func (*Assistant) Init(tx *server.Tx) error {
	tx.Allow(server.Anyone(), "acl")
	return tx.Allow(server.Group("acl"), "OnTweet", "timeline")
}

// Tweet posts to the forum of each tag.
func (*Assistant) Tweet(tx *server.Tx, text string) error {
	c, err := Parse(text, tx.Now())
	if err != nil {
		return err
	}
	c.From = tx.Self().CA()
	keep(tx.Map("posts"), "sent", c.Post)
	for _, tag := range c.Tags {
		tx.Publish(server.Forum(tag), c)
	}
	return nil
}

// OnTweet hands a post to the devices that follow one of its tags, a bundle to each. It comes once for each tag, and counts once.
func (*Assistant) OnTweet(tx *server.Tx, m server.Message[Command]) {
	c, posts := m.Value, tx.Map("posts")
	c.From = strings.TrimPrefix(m.From.String(), tx.Self().App+":")
	if len(c.Text) > 280 || slices.Contains(list[Post](posts, "received"), c.Post) {
		return
	}
	keep(posts, "received", c.Post)
	for _, tag := range c.Tags {
		for _, device := range list[string](tx.Map("tags"), tag) {
			run(tx, device, c.At, c.Pins[device])
			delete(c.Pins, device)
		}
	}
}

// run has a device's pin go on and off. Why it can't is news like what becomes of it otherwise.
func run(tx *server.Tx, device string, at time.Time, pins []time.Duration) {
	b, last := server.NewBundle().Tolerance(2*time.Second).Recover("pin", false), time.Duration(0)
	for i, pin := range pins {
		b.After(pin-last).Do("pin", i%2 == 0)
		last = pin
	}
	if err := tx.Device(device).RunAt(at, b); err != nil && pins != nil {
		keep(tx.Map("timeline"), device, server.Outcome{Device: device, Result: "refused", Due: at, Err: err.Error()})
	}
}

// OnOutcome keeps when a device acted.
func (*Assistant) OnOutcome(tx *server.Tx, o server.Outcome) error {
	return keep(tx.Map("timeline"), o.Device, o)
}

// Sent and Received are the latest posts, the newest last.
func (*Assistant) Sent(tx *server.Tx) []Post     { return list[Post](tx.Map("posts"), "sent") }
func (*Assistant) Received(tx *server.Tx) []Post { return list[Post](tx.Map("posts"), "received") }

// Subscribe has a device follow a tag.
func (*Assistant) Subscribe(tx *server.Tx, tag, device string) error {
	if !slices.Contains(list[string](tx.Map("tags"), bare(tag)), device) {
		keep(tx.Map("tags"), bare(tag), tx.Device(device).Name())
	}
	return tx.Subscribe(server.Forum(bare(tag)), "OnTweet")
}

// Unsubscribe has it follow the tag no more.
func (*Assistant) Unsubscribe(tx *server.Tx, tag, device string) {
	others := slices.DeleteFunc(list[string](tx.Map("tags"), bare(tag)), func(d string) bool { return d == device })
	tx.Map("tags").Set(bare(tag), others)
	if len(others) == 0 {
		tx.Map("tags").Delete(bare(tag))
		tx.Unsubscribe(server.Forum(bare(tag)))
	}
}

func bare(tag string) string { return strings.ToLower(strings.TrimPrefix(tag, "#")) }

// UpdateACL changes who may post here: principals (bob, bob/home, sentinel:bob), and the members of others' groups (bob/home/acl).
func (*Assistant) UpdateACL(tx *server.Tx, principals, groups struct{ Add, Remove []string }) {
	for _, who := range slices.Concat(principals.Add, groups.Add) {
		tx.Map("acl").Set(who, true)
	}
	for _, who := range slices.Concat(principals.Remove, groups.Remove) {
		tx.Map("acl").Delete(who)
	}
}

// DeviceToken is what a device comes in with. It has one: the one before is worth nothing any more.
func (*Assistant) DeviceToken(tx *server.Tx, d string) (string, error) { return tx.Device(d).Token(0) }

// Devices are those that have come in, or have a token.
func (*Assistant) Devices(tx *server.Tx) []string { return tx.Devices() }

// list is an entry of a map that holds many.
func list[T any](m server.Map, key string) []T { all := []T{}; m.Get(key, &all); return all }

// keep adds to it; the oldest makes room.
func keep[T any](m server.Map, key string, v T) error {
	all := append(list[T](m, key), v)
	return m.Set(key, all[max(0, len(all)-50):])
}
