package server

import (
	"slices"
	"strings"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
	"github.com/wabgo/wab/internal/policy"
	"github.com/wabgo/wab/internal/wire"
)

// DeviceShare(device, {"with": [subject], "may": [right]}) lets others use a device of the owner's; nobody but the owner may call it. A subject is a principal, such as bob or hellowab:alice/standup, or
// a group as in group:alice/standup/people, up to 16 of them; a right is read, write or notify. It takes the place of what was shared of the device before.
//
// It is a rule for each subject, about DeviceDo and the labels that the rights open: device-read, device-write and device-notify for commands, device-reported for the values, by read or notify, and
// device-log. What is shared stands in the map device-shared, which is the owner's; DeviceShared(device) answers it with all else that the rules say about the device.
//
// DeviceRevoke(device) ends it, and what others' commands still wait. It ends by itself where nothing was heard of the device for a minute: the tab is closed, the gadget is off.

const (
	maxSubjects = 16
	anyoneText  = "anyone"
	groupMark   = "group:"
)

// share is what a device is shared for.
type share struct {
	with []policy.Subject
	may  []right
}

func badShare(what string) error {
	return wire.Err(wire.BadRequest, shareMethod+` takes a device's name and a map {"with": subjects, "may": rights}: `+what+".")
}

// parseShare reads DeviceShare's arguments. Other keys are passed over.
func parseShare(self name.Name, args []byte) (device string, s share, err error) {
	r, _, device, ok := deviceArgs(args, 2, 2)
	if !ok || r.Kind() != cbor.KindMap {
		return "", s, badShare("it got something else")
	}
	for range r.Map() {
		switch key := readKey(&r); key {
		case "with":
			err = s.readSubjects(self, &r)
		case "may":
			err = s.readRights(&r)
		default:
			r.Skip()
		}
		if err != nil {
			return "", s, err
		}
	}
	if len(s.with) == 0 || len(s.may) == 0 {
		return "", s, badShare("with whom, and what they may, is missing")
	}
	return device, s, checkDevice(device)
}

// readKey is a map's next key, empty for what is no text.
func readKey(r *cbor.Reader) string {
	if r.Kind() == cbor.KindText {
		return r.Text()
	}
	r.Skip()
	return ""
}

func (s *share) readSubjects(self name.Name, r *cbor.Reader) error {
	all, ok := texts(r, maxSubjects)
	if !ok {
		return badShare("a device is shared with up to 16 subjects, each a text")
	}
	for _, text := range all {
		who := Principal(text)
		if group, is := strings.CutPrefix(text, groupMark); is {
			who = Group(group)
		}
		if who.err != nil {
			return badShare(clip(text) + " is nobody: " + clip(who.err.Error()))
		}
		s.with = append(s.with, who.in(self))
	}
	return nil
}

func (s *share) readRights(r *cbor.Reader) error {
	all, ok := texts(r, len(rights))
	for _, text := range all {
		if ok = ok && slices.Contains(rights, right(text)); ok {
			s.may = append(s.may, right(text))
		}
	}
	if !ok {
		return badShare("one may read, write or notify, and nothing else")
	}
	return nil
}

// takeShare handles a DeviceShare.
func (tx *Tx) takeShare(m *actor.Message) ([]byte, error) {
	if err := asOwner(m, "shares devices of"); err != nil {
		return nil, err
	}
	device, s, err := parseShare(m.To, m.Args)
	if err == nil {
		err = inScope(m, device+bundlesMap, tx.tx.Now()) // a token gives others no device that it doesn't open itself
	}
	if err == nil {
		err = tx.Device(device).share(s)
	}
	return cbor.AppendNull(nil), err
}

// share lets subjects use the device, in the place of those before.
func (d Device) share(s share) error {
	if !d.Known() {
		return d.unknown()
	}
	if err := d.unshare(); err != nil {
		return err
	}
	methods := s.opens(d.name)
	for _, who := range s.with {
		if err := d.tx.gate().Allow(d.tx.tx, policy.Rule{Methods: methods, Who: who}); err != nil {
			return err
		}
		if err := d.shares().Set(subjectText(who), shown{s.may, d.tx.tx.Now()}); err != nil {
			return err
		}
	}
	d.tx.devices(func(p *devices) { p.share(d.name) })
	return nil
}

// shown is what the map device-shared says of a subject.
type shown struct {
	May   []right `cbor:"may"`
	Since int64   `cbor:"since"` // µs since 1970 UTC
}

// opens are the methods and labels that the rights open.
func (s share) opens(device string) []string {
	all := []string{doMethod, device + logMap}
	for _, r := range s.may {
		all = append(all, r.label(device))
		if r != toWrite {
			all = append(all, device+reportedMap)
		}
	}
	return all
}

func (d Device) shares() Map { return d.tx.Map(d.name + sharedMap) }

// isShare tells whether a rule is one of DeviceShare's about the device.
func (d Device) isShare(r policy.Rule) bool {
	every := share{may: rights}.opens(d.name)
	return !r.Deny && slices.Contains(r.Methods, doMethod) && len(r.Methods) > 1 && !slices.ContainsFunc(r.Methods, func(m string) bool { return !slices.Contains(every, m) })
}

// unshare takes all rules of DeviceShare's back, and others' commands with them.
func (d Device) unshare() error {
	rules := d.tx.gate().Rules(d.tx.tx)
	for i := range rules.Len() {
		if r := rules.At(i); d.isShare(r) {
			d.tx.gate().Revoke(d.tx.tx, r)
		}
	}
	d.tx.devices(func(p *devices) { p.unshare(d.name) })
	return d.shares().Clear()
}

// revoke ends the sharing of the device, and what others' commands still wait.
func (d Device) revoke() error {
	if err := d.unshare(); err != nil {
		return err
	}
	var left []command
	d.tx.devices(func(p *devices) { left = p.of(d.name) })
	for _, c := range left {
		if d.tx.tx.Self().AsOwner().Covers(c.by) {
			continue
		}
		o := outcome{device: d.name, id: c.id, command: c.name, result: string(bundle.Refused), err: "The device " + d.name + " is not shared any more."}
		if err := d.conclude(o); err != nil {
			return err
		}
	}
	return nil
}

// takeRevoke handles a DeviceRevoke.
func (tx *Tx) takeRevoke(m *actor.Message) ([]byte, error) {
	_, _, device, ok := deviceArgs(m.Args, 1, 1)
	err := asOwner(m, "shares devices of")
	switch {
	case err != nil:
	case !ok:
		err = wire.Err(wire.BadRequest, revokeMethod+" takes a device's name.")
	default:
		if err = checkDevice(device); err == nil {
			err = tx.Device(device).revoke()
		}
	}
	return cbor.AppendNull(nil), err
}

// takeShared handles a DeviceShared.
func (tx *Tx) takeShared(m *actor.Message) ([]byte, error) {
	_, _, device, ok := deviceArgs(m.Args, 1, 1)
	err := asOwner(m, "sees who may use devices of")
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return nil, wire.Err(wire.BadRequest, sharedMethod+" takes a device's name.")
	}
	if err := checkDevice(device); err != nil {
		return nil, err
	}
	return marshal(tx.Device(device).Shared())
}

// Shared tells what the rules say about the use of a device by others.
type Shared struct {
	With   []SharedWith `cbor:"with"`
	Online bool         `cbor:"online"` // somebody drives it now
}

// SharedWith is a subject that may use a device.
type SharedWith struct {
	Who string   `cbor:"who"` // a principal, group: and a group's map, anyone, or known: and a number
	May []string `cbor:"may"` // read, write, notify
}

// Shared tells with whom the device is shared, by DeviceShare or the app's own rules, and whether somebody drives it.
func (d Device) Shared() Shared {
	s := Shared{With: []SharedWith{}, Online: d.Online()}
	if d.err != nil {
		return s
	}
	rules := d.tx.gate().Rules(d.tx.tx)
	for i := range rules.Len() {
		r := rules.At(i)
		var may []string
		for _, opened := range rights {
			if !r.Deny && slices.Contains(r.Methods, opened.label(d.name)) {
				may = append(may, string(opened))
			}
		}
		if may != nil {
			s.With = append(s.With, SharedWith{subjectText(r.Who), may})
		}
	}
	return s
}

// subjectText names a subject as DeviceShare takes it.
func subjectText(s policy.Subject) string {
	switch s.Kind {
	case policy.KindPrincipal:
		return s.Name.String()
	case policy.KindGroup:
		return groupMark + s.Name.String()
	case policy.KindAnyone:
		return anyoneText
	}
	return "known"
}
