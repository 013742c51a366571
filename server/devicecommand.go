package server

import (
	"slices"

	"github.com/wabgo/wab/internal/actor"
	"github.com/wabgo/wab/internal/bundle"
	"github.com/wabgo/wab/internal/cbor"
	"github.com/wabgo/wab/internal/name"
)

// command is one that DeviceDo gave, and that its device has yet to tell of.
type command struct {
	device, id string
	by         name.Name
	name       string
	until      int64 // µs UTC, from when on it is expired
}

const commandElements = 4

func (c *command) append(dst []byte) []byte {
	dst = cbor.AppendText(cbor.AppendText(cbor.AppendArrayHeader(dst, commandElements), c.device), c.by.String())
	return cbor.AppendInt(cbor.AppendText(dst, c.name), c.until)
}

func readCommand(id string, encoded []byte) (c command, err error) {
	r := cbor.NewReader(encoded)
	if r.Array() < commandElements {
		return c, errDevices
	}
	c = command{id: id, device: r.Text()}
	c.by, err = name.Parse(r.Text())
	c.name, c.until = r.Text(), r.Int()
	if err == nil {
		err = r.Err()
	}
	return c, err
}

// await keeps a command until its device has told of it, or its time is over.
func (p *devices) await(c command) {
	p.commands = append(slices.Clip(p.commands), c)
	p.put(deviceKey(keyCommand, c.id), c.append(nil))
}

// settle takes a command of a device out that has come to its end.
func (p *devices) settle(device, id string) (was bool) {
	i := slices.IndexFunc(p.commands, func(c command) bool { return c.id == id && c.device == device })
	if i < 0 {
		return false
	}
	p.commands = slices.Delete(slices.Clone(p.commands), i, i+1)
	p.remove(deviceKey(keyCommand, id))
	return true
}

// waitFor counts the commands that a device has yet to tell of, and those of one principal.
func (p *devices) waitFor(device string, by name.Name) (all, own int) {
	for i := range p.commands {
		if c := &p.commands[i]; c.device == device {
			all++
			if c.by == by {
				own++
			}
		}
	}
	return all, own
}

// of are a device's commands.
func (p *devices) of(device string) (all []command) {
	for _, c := range p.commands {
		if c.device == device {
			all = append(all, c)
		}
	}
	return all
}

// expireAt is when the next command's time is over, 0 for never.
func (p *devices) expireAt() (at int64) {
	for i := range p.commands {
		if until := p.commands[i].until; at == 0 || until < at {
			at = until
		}
	}
	return at
}

// expired is the message for commands whose time is over.
type expired []command

func (p *devices) nextExpired(now int64) *actor.Message {
	var over expired
	for _, c := range p.commands {
		if c.until <= now {
			over = append(over, c)
		}
	}
	if over == nil {
		return nil
	}
	return &actor.Message{Kind: actor.Changed, Method: expireMethod, Ext: over}
}

// takeExpired ends commands whose time is over, and tells so.
func (tx *Tx) takeExpired(m *actor.Message) ([]byte, error) {
	for _, c := range m.Ext.(expired) {
		why := "Nobody drives the device " + c.device + " now; the command has expired."
		if tx.Device(c.device).Online() {
			why = "The device " + c.device + " has not told of the command in time; it has expired."
		}
		if err := tx.Device(c.device).conclude(outcome{device: c.device, id: c.id, command: c.name, result: string(bundle.Expired), err: why}); err != nil {
			return nil, err
		}
	}
	return cbor.AppendNull(nil), nil
}
