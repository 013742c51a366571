package sentinel

import (
	"errors"
	"time"

	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/server"
)

// Sentinel is the Cloud Assistant. Its exported fields are its checkpointed state.
type Sentinel struct {
	Rule  Rule
	Calm  bool      // the mean has been low since the last post: the next crossing makes one
	Rests time.Time // until then it makes none
	Posts []tweetiot.Post
	Wakes server.TimerID
}

// Rule says when to post, and what.
type Rule struct {
	Post string  `json:"post"` // as on TweetIoT: flash #noise at NOW+2000; empty for no rule
	High float64 `json:"high"`
	Low  float64 `json:"low"`
	Rest int     `json:"rest"` // seconds
}

// Reading is what an owner shares, in the map readings under level.
type Reading struct {
	Level float64   `json:"level"`
	At    time.Time `json:"at"`
}

const (
	fresh  = 10 * time.Minute // as long a level counts
	quorum = 2                // levels, for a mean that says something
	posts  = 20               // that are kept
	team   = 50               // owners whom one joins
)

// Init opens to those who are joined what they need, and hears the owner's device.
func (s *Sentinel) Init(tx *server.Tx) error {
	s.Calm = true
	if err := tx.Allow(server.Group("team"), "readings", "OnPost"); err != nil {
		return err
	}
	return tx.Watch("sensor-reported", "OnSensor")
}

// Join shares one's level with an owner, and watches theirs. Both have to join.
func (s *Sentinel) Join(tx *server.Tx, owner string) error {
	if owner == tx.Self().Owner {
		return errors.New("that is you")
	}
	if tx.Map("team").Len() >= 2*team {
		return errors.New("a sentinel joins 50 others at most")
	}
	for _, who := range []string{owner, "tweetiot:" + owner} {
		if err := tx.Map("team").Set(who, owner); err != nil {
			return err
		}
	}
	if err := tx.Watch(readings(owner), "OnReading"); err != nil {
		return err
	}
	return s.consider(tx)
}

// Leave ends that.
func (s *Sentinel) Leave(tx *server.Tx, owner string) error {
	for _, who := range []string{owner, "tweetiot:" + owner} {
		if _, err := tx.Map("team").Delete(who); err != nil {
			return err
		}
	}
	tx.Unwatch(readings(owner))
	return s.consider(tx)
}

func readings(owner string) string { return owner + "/home/readings" }

// Guard sets the rule. An empty post ends it.
func (s *Sentinel) Guard(tx *server.Tx, r Rule) error {
	if !(0 <= r.Low && r.Low < r.High && r.High <= 100) {
		return errors.New("low has to be below high, and both from 0 to 100")
	}
	if r.Rest < 1 || r.Rest > 24*3600 {
		return errors.New("it rests from a second to a day")
	}
	if err := s.follow(tx, r.Post); err != nil {
		return err
	}
	s.Rule, s.Calm, s.Rests = r, true, time.Time{}
	return s.consider(tx)
}

// follow hears what others post to the tags of a rule, and no longer to those of the last one.
func (s *Sentinel) follow(tx *server.Tx, post string) error {
	if old, err := tweetiot.Parse(s.Rule.Post, tx.Now()); err == nil {
		for _, tag := range old.Tags {
			if _, err := tx.Unsubscribe(forum(tag)); err != nil {
				return err
			}
		}
	}
	if post == "" {
		return nil
	}
	c, err := tweetiot.Parse(post, tx.Now())
	for _, tag := range c.Tags {
		if err == nil {
			err = tx.Subscribe(forum(tag), "OnPost")
		}
	}
	return err
}

func forum(tag string) string { return "tweetiot:" + server.Forum(tag) }

// Report shares a level.
func (s *Sentinel) Report(tx *server.Tx, level float64) error {
	if !(0 <= level && level <= 100) {
		return errors.New("a level is a number from 0 to 100")
	}
	if err := tx.Map("readings").Set("level", Reading{Level: level, At: tx.Now()}); err != nil {
		return err
	}
	return s.consider(tx)
}

// OnSensor shares the level that the owner's device reports.
func (s *Sentinel) OnSensor(tx *server.Tx, _ server.Change) error {
	var level float64
	if ok, err := tx.Device("sensor").Reported().Get("level", &level); err != nil || !ok {
		return err
	}
	return s.Report(tx, level)
}

// SensorToken is what the device sensor comes in with: gadget --name sensor --sensor level --token …
func (*Sentinel) SensorToken(tx *server.Tx) (string, error) { return tx.Device("sensor").Token(0) }

// OnReading comes when a level that is watched is another one.
func (s *Sentinel) OnReading(tx *server.Tx, _ server.Change) error { return s.consider(tx) }

// OnPost hears that somebody joined has posted to the rule's tag: then one need not.
func (s *Sentinel) OnPost(tx *server.Tx, m server.Message[tweetiot.Command]) error {
	if m.From.String() == tx.Self().String() {
		return nil
	}
	s.keep(tweetiot.Post{From: m.From.String(), Text: m.Value.Text, At: m.At})
	s.rest(tx)
	return s.consider(tx)
}

// Look decides anew. A timer calls it when time alone may have changed something.
func (s *Sentinel) Look(tx *server.Tx) error { return s.consider(tx) }

func (s *Sentinel) rest(tx *server.Tx) {
	s.Rests = tx.Now().Add(time.Duration(s.Rule.Rest) * time.Second)
}

func (s *Sentinel) keep(p tweetiot.Post) {
	s.Posts = append(s.Posts, p)
	s.Posts = s.Posts[max(0, len(s.Posts)-posts):]
}
