package sentinel

import (
	"slices"
	"time"

	"github.com/wabgo/wab/examples/tweetiot"
	"github.com/wabgo/wab/server"
)

// View is what pages show, in the map state under view.
type View struct {
	Rule    Rule            `json:"rule"`
	Known   int             `json:"known"` // levels that count
	Mean    float64         `json:"mean"`  // of them
	Calm    bool            `json:"calm"`
	Rests   time.Time       `json:"rests"`
	Members []Member        `json:"members"`
	Posts   []tweetiot.Post `json:"posts"` // newest last
}

// Member is one owner's level, as it is known here.
type Member struct {
	Who   string  `json:"who"`
	Level float64 `json:"level"`
	Known bool    `json:"known"` // it counts
	Why   string  `json:"why"`   // not
}

// consider decides whether to post, from what is known now; shows it; and sets a timer for when time may change it.
func (s *Sentinel) consider(tx *server.Tx) error {
	members, until := s.members(tx)
	mean, known := meanOf(members)
	switch {
	case known < quorum || s.Rule.Post == "":
	case mean <= s.Rule.Low:
		s.Calm = true
	case mean >= s.Rule.High && s.Calm && !tx.Now().Before(s.Rests):
		if err := s.post(tx); err != nil {
			return err
		}
	}
	tx.Cancel(s.Wakes)
	if until = earliest(tx.Now(), until, s.Rests); !until.IsZero() {
		s.Wakes = tx.At(until, "Look")
	}
	return tx.Map("state").Set("view", View{s.Rule, known, mean, s.Calm, s.Rests, members, s.Posts})
}

// post does what its owner could have done on TweetIoT.
func (s *Sentinel) post(tx *server.Tx) error {
	c, err := tweetiot.Parse(s.Rule.Post, tx.Now())
	if err != nil {
		return err // its time, if it names one, is over
	}
	c.From = tx.Self().String()
	for _, tag := range c.Tags {
		tx.Publish(forum(tag), c)
	}
	s.keep(c.Post)
	s.Calm = false
	s.rest(tx)
	return nil
}

// members are the owner and all who are joined, and the instant at which the first of their levels is too old.
func (s *Sentinel) members(tx *server.Tx) (all []Member, until time.Time) {
	owners := []string{tx.Self().Owner}
	for _, v := range tx.Map("team").All() {
		var owner string
		if v.Decode(&owner) == nil && !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	}
	slices.Sort(owners[1:])
	for _, owner := range owners {
		m, end := member(tx, owner)
		all = append(all, m)
		until = earliest(tx.Now(), until, end)
	}
	return all, until
}

func member(tx *server.Tx, owner string) (m Member, until time.Time) {
	view, err := tx.Map("readings").View, error(nil)
	if owner != tx.Self().Owner {
		view, err = tx.Read(readings(owner))
	}
	var r Reading
	ok := false
	if err == nil {
		ok, err = view.Get("level", &r)
	}
	m.Who = owner
	m.Level = r.Level
	switch until = r.At.Add(fresh); {
	case err != nil:
		m.Why = owner + " has not joined you"
	case !ok:
		m.Why = "no level yet"
	case !until.After(tx.Now()):
		m.Why = "silent for 10 minutes"
	case !(0 <= r.Level && r.Level <= 100):
		m.Why = "no level"
	default:
		m.Known = true
	}
	return m, until
}

func meanOf(members []Member) (mean float64, known int) {
	for _, m := range members {
		if m.Known {
			mean += m.Level
			known++
		}
	}
	return mean / max(1, float64(known)), known
}

// earliest is the first of some instants that are still to come; zero if none is.
func earliest(now time.Time, all ...time.Time) (first time.Time) {
	for _, at := range all {
		if at.After(now) && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first
}
