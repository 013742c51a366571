package server

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// act has somebody do something at random.
func (s *linkStorm) act() {
	p := &s.people[s.any(len(s.people))]
	links := p.links()
	ids := slices.Sorted(maps.Keys(links))
	if len(ids) < 8 && (len(ids) == 0 || s.any(4) == 0) {
		other := s.people[s.any(len(s.people))]
		if other.owner == p.owner {
			return
		}
		names := []string{"calm", "fails", "panics", "quick"}
		within := 0
		if s.any(5) == 0 {
			within = 60 * (1 + s.any(60))
		}
		p.order([]string{"Ask", "Ask", "AskEngine"}[s.any(3)], other.bell, names[s.any(len(names))], within)
		return
	}
	if len(ids) == 0 {
		return
	}
	id := ids[s.any(len(ids))]
	switch dice := s.any(20); {
	case links[id].State == "waiting" && dice < 10:
		p.order("Yes", id)
	case links[id].State == "waiting" && dice < 12:
		p.order("No", id)
	case dice == 0:
		p.order("End", id)
	case links[id].State == "established" || links[id].State == "confirming":
		for range 1 + s.any(3) {
			s.say(p, id)
		}
	}
}

// say has somebody raise an event, and notes whether it is promised.
func (s *linkStorm) say(p *person, id string) {
	s.count++
	domain := []string{"chat", "chat", "chat", "spam", "sour"}[s.any(5)]
	typ := fmt.Sprintf("%s%04d", domain, s.count)
	a, sure := p.order("Say", id, domain, typ)
	if sure && a.Error.Code != "" {
		return
	}
	key := p.owner + " " + id
	if s.said[key] == nil {
		s.said[key] = map[string]bool{}
	}
	s.said[key][typ] = sure
}

func (s *linkStorm) blow(rounds int) {
	s.calm.Store(false)
	for range rounds {
		s.revive()
		s.act()
		if s.any(3) == 0 {
			s.deliverLate()
		}
		s.settle()
		s.advance(time.Duration(s.any(int(s.pace/time.Millisecond))) * time.Millisecond)
		s.settle()
	}
	s.calm.Store(true)
	s.revive()
	s.rest()
}

func (s *linkStorm) deliverLate() {
	s.mu.Lock()
	if len(s.late) == 0 {
		s.mu.Unlock()
		return
	}
	i := s.random.IntN(len(s.late))
	p := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	s.mu.Unlock()
	p.to.pass(p)
}

// rest lets time go on until nothing is under way.
func (s *linkStorm) rest() {
	s.t.Helper()
	for range 200 {
		s.settle()
		if s.underWay() == 0 {
			return
		}
		s.advance(time.Minute)
	}
	s.t.Errorf("%d messages are still under way", s.underWay())
}

func (s *linkStorm) underWay() (n int) {
	for i := range s.people {
		p := &s.people[i]
		for _, key := range p.memory.Keys(p.key()) {
			if key[:2] == "hF" {
				n++
			}
		}
	}
	return n
}

// Storms that last for months: what was given up is sent again, requests expire, and what has ended is forgotten, on both sides at different times.
func TestCHAN3_LinksThroughMonths(t *testing.T) {
	from, to := stormSeeds(2)
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newLinkStorm(t, seed+1_000_000)
			s.pace = 3 * 24 * time.Hour
			s.blow(60)
			for range 5 { // whatever rests is sent again within a day
				s.advance(24 * time.Hour)
				s.rest()
			}
			s.decide()
			s.agree(true)
			if seen := s.discreet(); seen < 3 {
				t.Error("only so many ECIs were looked for:", seen)
			}
			for range 10 {
				s.advance(10 * 24 * time.Hour)
				s.rest()
			}
			for i := range s.people {
				for id, l := range s.people[i].links() {
					if l.State != "established" {
						t.Errorf("%s is remembered: %+v", id, l)
					}
				}
			}
			s.agree(true)
		})
	}
}

func stormSeeds(usual uint64) (from, to uint64) {
	if n, err := strconv.ParseUint(os.Getenv("WAB_STORM_SEEDS"), 10, 32); err == nil {
		return 0, n
	}
	if n, err := strconv.ParseUint(os.Getenv("WAB_STORM_SEED"), 10, 32); err == nil {
		return n, n + 1
	}
	return 0, usual
}

// Whatever the network loses, doubles and delays, and at whatever commit a server dies: when messages pass again, both are linked or neither, both say which, and each event is heard once,
// in order, or known not to have been. Everything that was ever sent changes nothing when it comes again. WAB_STORM_SEEDS=1000 runs more.
func TestCHAN3_LinksThroughTheStorm(t *testing.T) {
	from, to := stormSeeds(8)
	deaths, linked, seen := 0, 0, 0
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			s := newLinkStorm(t, seed)
			s.blow(60)
			s.agree(false)
			s.decide()
			s.agree(true)
			s.heard()
			seen += s.discreet()
			s.replay()
			s.agree(true)
			for _, h := range s.sites {
				h.down()
				h.up()
			}
			s.replay()
			deaths += s.deaths
			for _, l := range s.people[0].links() {
				if l.State == "established" {
					linked++
				}
			}
		})
	}
	t.Log(deaths, "deaths,", linked, "links")
	if to-from > 4 && (deaths < int(to-from) || linked == 0) {
		t.Errorf("%d deaths and %d links", deaths, linked)
	}
	if seen < 3*int(to-from) {
		t.Errorf("only %d ECIs were looked for", seen)
	}
}
