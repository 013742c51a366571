package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/policy"
)

// agree checks that both sides of every subscription say the same.
func (s *linkStorm) agree(decided bool) {
	s.t.Helper()
	sides := map[string][]string{}
	for i := range s.people {
		p := &s.people[i]
		for id, l := range p.links() {
			side := l.State
			if !l.Outbound {
				side = "at " + side
			}
			sides[id] = append(sides[id], side)
			s.shown(p, l)
		}
		s.rooms(p)
	}
	good := []string{"established at established", "ended at ended", "ended", "at ended"}
	if !decided {
		good = append(good, "pending at waiting", "ended at waiting")
	}
	for id, all := range sides {
		slices.Sort(all)
		slices.Reverse(all)
		if !slices.Contains(good, strings.Join(all, " ")) {
			s.t.Errorf("%s: %q", id, all)
		}
	}
}

// shown checks that the maps say what the CA does.
func (s *linkStorm) shown(p *person, l Subscription) {
	where := map[string]bool{"subscriptions": l.State == "established" || l.State == "confirming", "pending-subscriptions": l.State == "pending" || l.State == "waiting"}
	for label, there := range where {
		row, ok := p.rows(label)[l.ID]
		switch {
		case l.State == "ended" && label == "pending-subscriptions": // its owner may see why for a while
		case ok != there:
			s.t.Errorf("%s: %s %s, in the map %s: %v", p.owner, l.ID, l.State, label, ok)
			continue
		}
		if ok && (row["state"] != l.State || row["peer"] != l.Peer || row["channel"] != l.Channel || row["rx_role"] != l.RxRole || row["end"] != l.End || row["reason"] != l.Reason) {
			s.t.Errorf("%s shows %v of %+v", p.owner, row, l)
		}
	}
}

// rooms checks that each living subscription has its channel, no other has one, and the map shows them.
func (s *linkStorm) rooms(p *person) {
	var all []ChannelInfo
	p.get("Rooms", &all)
	rows, links := p.rows("channels"), p.links()
	if len(rows) != len(all) {
		s.t.Errorf("%s has %d channels and shows %d", p.owner, len(all), len(rows))
	}
	for _, c := range all {
		if rows[c.Name] == nil {
			s.t.Errorf("%s does not show %s", p.owner, c.Name)
		}
		if l := links[c.Subscription]; c.Subscription != "" && (l.Channel != c.Name || l.State == "ended" || l.State == "waiting") {
			s.t.Errorf("%s has the channel %s for %+v", p.owner, c.Name, l)
		}
	}
	for _, l := range links {
		has := slices.ContainsFunc(all, func(c ChannelInfo) bool { return c.Name == l.Channel })
		if has != (l.State != "ended" && l.State != "waiting") {
			s.t.Errorf("%s: %s %s has a channel: %v", p.owner, l.ID, l.State, has)
		}
	}
}

func (p *person) rows(label string) map[string]map[string]any {
	w := p.pass(passed{p.stormSite, "GET", "/api/party/" + p.owner + "/home/maps/" + label, http.Header{"Authorization": {"Bearer " + p.token(p.owner, policy.Scope{})}}, nil})
	var body struct {
		Entries map[string]map[string]any
	}
	if w == nil || w.Code != 200 || json.Unmarshal(w.Body.Bytes(), &body) != nil {
		p.t.Fatalf("the map %s of %s: %v", label, p.owner, w)
	}
	return body.Entries
}

// heard checks that each event that was promised was heard or is known not to have been, each once, in order.
func (s *linkStorm) heard() {
	heard, told := map[string]map[string][]string{}, map[string]map[string][]string{}
	for i := range s.people {
		p := &s.people[i]
		h, n := map[string][]string{}, map[string][]string{}
		p.get("Record", &h)
		p.get("Notes", &n)
		heard[p.owner], told[p.owner] = h, n
	}
	for key, events := range s.said {
		speaker, id, _ := strings.Cut(key, " ")
		var ears []string
		for owner, all := range heard {
			if owner != speaker {
				ears = append(ears, all[id]...)
			}
		}
		s.heardOn(key, events, ears, told[speaker][id])
	}
}

func (s *linkStorm) heardOn(key string, events map[string]bool, heard, told []string) {
	if !slices.IsSorted(trim(heard)) || len(slices.Compact(slices.Clone(heard))) != len(heard) {
		s.t.Errorf("%s: heard %q", key, heard)
	}
	for typ, promised := range events {
		arrived := slices.Contains(heard, typ)
		reason := ""
		for _, line := range told {
			if rest, is := strings.CutPrefix(line, "undelivered "+typ+" "); is {
				if reason != "" {
					s.t.Errorf("%s: told twice of %s", key, typ)
				}
				reason = rest
			}
		}
		switch {
		case promised && !arrived && reason == "":
			s.t.Errorf("%s: nobody knows what became of %s; heard %q, told %q", key, typ, heard, told)
		case arrived && !strings.HasPrefix(typ, "chat"):
			s.t.Errorf("%s: %s was heard", key, typ)
		}
	}
}

func trim(heard []string) (out []string) {
	for _, typ := range heard {
		out = append(out, strings.TrimLeft(typ, "chatspour "))
	}
	return out
}

// picture is all that anybody could know.
func (s *linkStorm) picture() (all []string) {
	for i := range s.people {
		p := &s.people[i]
		var any any
		all = append(all, p.owner+" "+string(p.get("Links", &any)), p.owner+" "+string(p.get("Record", &any)), p.owner+" "+string(p.get("Notes", &any)), fmt.Sprint(p.rows("subscriptions"), p.rows("pending-subscriptions")))
		for _, c := range func() (rooms []ChannelInfo) { p.get("Rooms", &rooms); return rooms }() {
			all = append(all, fmt.Sprint(c.Name, c.Subscription, c.Allow))
		}
	}
	return all
}

// replay sends everything once more, in another order, as it was: nothing is to change.
func (s *linkStorm) replay() {
	before := s.picture()
	all := slices.Clone(s.all)
	s.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all {
		if p.to.pass(p) == nil {
			s.t.Fatal("a server has died of a repetition")
		}
	}
	s.rest()
	for i, line := range s.picture() {
		if line != before[i] {
			s.t.Errorf("a repetition has changed\n%s\ninto\n%s", before[i], line)
		}
	}
}

// discreet checks that no ECI of anybody's stands where it shouldn't.
func (s *linkStorm) discreet() (seen int) {
	ecis := map[string]bool{}
	note := func(eci string) {
		if len(eci) > 20 {
			ecis[eci] = true
		}
	}
	for _, p := range s.all {
		if parts := strings.Split(p.path, "/"); len(parts) > 3 && parts[1] == "sky" {
			note(parts[3])
		}
		var body struct{ ECI string }
		if json.Unmarshal(p.body, &body) == nil {
			note(body.ECI)
		}
	}
	for eci := range ecis {
		raw, err := base64.RawURLEncoding.DecodeString(eci)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, h := range s.sites {
			for _, ca := range h.memory.CAs() {
				h.memory.Load(ca, nil, func(key, value []byte) error {
					if bytes.Contains(value, []byte(eci)) || bytes.Contains(value, raw) || bytes.Contains(key, []byte(eci)) || bytes.Contains(key, raw) {
						s.t.Errorf("%s keeps an ECI under %q", ca, key)
					}
					return nil
				})
			}
			if h.log.Has(eci) {
				s.t.Error("an ECI is in the log")
			}
		}
	}
	return len(ecis)
}

// decide has everybody answer what waits for them.
func (s *linkStorm) decide() {
	for i := range s.people {
		p := &s.people[i]
		for id, l := range p.links() {
			if l.State == "waiting" {
				p.order([]string{"Yes", "Yes", "No"}[s.any(3)], id)
			}
		}
	}
	s.rest()
}
