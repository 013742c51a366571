package sfu

import (
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"

	"github.com/wabgo/wab/internal/wire"
)

// maxSections is how many media sections a description may have: those of 64 members with 4 tracks each, its own and data.
const maxSections = 300

// checkDescription refuses descriptions that would cost more than they can be worth, and those that pion would begin to follow and then
// give up: its connections can't go back.
func checkDescription(text string) error {
	if len(text) > MaxSDP || strings.Count(text, "\nm=") > maxSections {
		return wire.Err(wire.TooLarge, "A session description has at most 65536 bytes and 300 media sections.")
	}
	var d sdp.SessionDescription
	if d.UnmarshalString(text) != nil {
		return refused("This session description can't be read.")
	}
	if len(d.MediaDescriptions) == 0 {
		return refused("This session description has no media section.")
	}
	mids := map[string]bool{}
	for _, m := range d.MediaDescriptions {
		mid, _ := m.Attribute(sdp.AttrKeyMID)
		if mid == "" || len(mid) > maxWord || mids[mid] {
			return refused("Each media section of a session description has a mid of its own.")
		}
		mids[mid] = true
		if !readable(m) {
			return refused("No candidate of this session description can be read.")
		}
	}
	return checkTransport(&d)
}

// checkTransport looks for what says how to reach the member, and who it is: for all sections, or in one, as they share a transport.
func checkTransport(d *sdp.SessionDescription) error {
	for _, key := range []string{"ice-ufrag", "ice-pwd", "fingerprint"} {
		value, ok := d.Attribute(key)
		for _, m := range d.MediaDescriptions {
			if !ok {
				value, ok = m.Attribute(key)
			}
		}
		if !ok || key == "fingerprint" && len(strings.Split(value, " ")) != 2 {
			return refused("A session description has ICE credentials and a fingerprint.")
		}
	}
	return nil
}

// readable tells whether any of a section's candidates can be read, if it has some.
func readable(m *sdp.MediaDescription) bool {
	good, bad := 0, 0
	for _, a := range m.Attributes {
		if !a.IsICECandidate() {
			continue
		}
		if _, err := ice.UnmarshalCandidate(a.Value); err != nil {
			bad++
		} else {
			good++
		}
	}
	return bad == 0 || good > 0
}
