package hellowab

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wabgo/wab/server"
)

const (
	maxDevices  = 64
	maxOwn      = 16
	maxArgs     = 1 << 10
	maxNameText = 64
)

// Device is what somebody has brought.
type Device struct {
	ID      string `json:"id"`                // owner/ca/device, or with the app before
	Owner   string `json:"owner"`             // whose it is
	Name    string `json:"name"`              // as people call it
	Profile string `json:"profile,omitempty"` // what it can do: lamp, heart-rate, gatt
	Member  string `json:"member,omitempty"`  // the tab in the call that has brought it, and takes it along
}

// Moment is the instant in somebody's video at which they acted.
type Moment struct {
	Room   string `json:"room"`
	Member string `json:"member"`
	Action uint32 `json:"action"`
	At     int64  `json:"at"` // µs since the Unix epoch
}

// Devices lists what is here, by its name.
func (c *Meeting) Devices(tx *server.Tx) ([]Device, error) {
	all := []Device{}
	for _, value := range tx.Map(devices).All() {
		var d Device
		if err := value.Decode(&d); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b Device) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

// Offer brings a device of the caller's own, owner/ca/device. Its CA must let this meeting's act on it (DeviceShare). It goes when the member leaves the call, or when it is withdrawn.
func (c *Meeting) Offer(tx *server.Tx, device, name, profile, member string) error {
	owner := tx.Caller().Owner
	switch {
	case !isItem(device) || ownerOf(device) != owner:
		return errors.New("one can offer devices of one's own: " + owner + "/home/lamp")
	case name == "" || len(name) > maxNameText || len(profile) > maxNameText || len(member) > maxNameText:
		return fmt.Errorf("a name, and one of at most %d bytes, is what others know it by", maxNameText)
	}
	all := tx.Map(devices)
	if !all.Has(device) {
		own, err := count(all, owner)
		switch {
		case err != nil:
			return err
		case own >= maxOwn:
			return fmt.Errorf("one can bring %d devices; take one away first", maxOwn)
		case all.Len() >= maxDevices:
			return fmt.Errorf("there are %d devices here already", maxDevices)
		}
	}
	return all.Set(device, Device{ID: device, Owner: owner, Name: name, Profile: profile, Member: member})
}

func count(all server.Map, owner string) (n int, err error) {
	for _, value := range all.All() {
		var d Device
		if err := value.Decode(&d); err != nil {
			return 0, err
		}
		if d.Owner == owner {
			n++
		}
	}
	return n, nil
}

// Withdraw takes a device away: its owner's word, or the host's.
func (c *Meeting) Withdraw(tx *server.Tx, device string) error {
	if caller := tx.Caller().Owner; caller != ownerOf(device) && caller != tx.Self().Owner {
		return errors.New("that is for its owner, or the host of the meeting, to do")
	}
	_, err := tx.Map(devices).Delete(device)
	return err
}

// Act has a device do something, by its owner's CA, which decides whether it may. What comes of it shows in what the device reports; a refusal is told to the host's pages. The meeting's own
// page asks the owner's CA itself, as whoever clicks.
func (c *Meeting) Act(tx *server.Tx, device, command string, args []any) error {
	return c.act(tx, device, command, args, nil)
}

// ActAt is Act at a moment of a member's video: wherever the device is, it acts when the frame of that moment is seen there.
func (c *Meeting) ActAt(tx *server.Tx, device, command string, args []any, at Moment) error {
	if at.Room != room(tx).Name() {
		return errors.New("that moment is of another meeting")
	}
	return c.act(tx, device, command, args, &at)
}

func (c *Meeting) act(tx *server.Tx, device, command string, args []any, at *Moment) error {
	if !tx.Map(devices).Has(device) {
		return errors.New("that device is not here any more")
	}
	packed, err := json.Marshal(args)
	switch {
	case err != nil:
		return err
	case len(packed) > maxArgs:
		return fmt.Errorf("what a command is given has at most %d bytes", maxArgs)
	}
	cut := strings.LastIndexByte(device, '/')
	tx.Send(device[:cut], "DeviceDo", device[cut+1:], command, nonNil(args), at).Then("Acted")
	return nil
}

func nonNil(args []any) []any {
	if args == nil {
		return []any{}
	}
	return args
}

// Acted tells the host's pages of what a device's CA has refused to the meeting.
func (c *Meeting) Acted(tx *server.Tx, r server.Response) {
	if r.Err != nil {
		tx.Notify("*", map[string]string{"refused": r.From.CA(), "message": r.Err.Error()})
	}
}

// withdrawAll takes those devices away that are meant.
func withdrawAll(tx *server.Tx, meant func(Device) bool) error {
	return drop(tx.Map(devices), func(_ string, v server.Value) bool {
		var d Device
		return v.Decode(&d) != nil || meant(d)
	})
}
